// Package drbg holds deterministic random bit generators: what turns a seed of full entropy into
// as many random bytes as anybody wants.
//
//   - [CTR] is CTR_DRBG with AES-256 and without derivation function, [HMAC] is HMAC_DRBG with
//     SHA-256, both of NIST SP 800-90A Rev. 1, run against NIST's CAVP cases. They take entropy.
//   - [Generator] is a child of such a root: fast, small-read friendly, keyed by 32 bytes of the
//     root's output. It erases its key before anybody sees its output.
//   - drbg/early is a generator for a kernel, which has neither Go's runtime nor its crypto.
//
// Cores without a lock: one caller at a time. What is in a generator is secret; all types print
// as "redacted", whatever the verb, also as a field of a printed struct.
//
// # Not claimed
//
//   - No certification: nothing here was validated under CAVP, CMVP or ESV. The CAVP cases are
//     tests, not a certificate. [Generator] is not an SP 800-90A mechanism at all.
//   - Wipe and re-keying overwrite what these types hold. The standard library's expanded AES
//     keys and HMAC states cannot be overwritten: they stay in the heap until the collector
//     reuses their memory, and so may copies that the runtime made of a stack.
//   - On a processor without AES instructions, crypto/aes uses tables: it is slow there, and its
//     timing depends on the key.
//   - Nothing here notices a fork or a copied virtual machine: a caller passes a generation
//     number, see [Generator.Read].
package drbg
