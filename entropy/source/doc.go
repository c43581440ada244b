// Package source has the entropy sources that machines offer, and what tells copies of a machine
// or process apart. Each says what it is, what it claims, and why.
//
//	noise     NewJitter   times of memory accesses          every processor
//	          RDRAND      the processor's generator         amd64
//	          RDSEED      the noise behind it               amd64
//	          HWRNG       what there is a driver for        Linux, as root
//	          Getrandom   the operating system's generator  everywhere
//	          Virtio      the host's generator              for a driver
//	          Reader      anything, on the caller's word
//	          File
//	ambient   NewTiming   packets, interrupts, as they come: pushed
//	          Interrupts  counts of them: pulled            Linux
//	identity  Identity    names and addresses
//
//	copies    Fork          a page that is wiped            Linux
//	          VMUevent      what the kernel announces       Linux
//	          VMIdentifier  the identifier in memory        Linux, where it can be read
//
//	seed      SeedFile    a seed from run to run
//
// A constructor always returns a source. Where the machine has none, the source says so when it is
// sampled, and Status shows why; so the main of a program lists what it wants and runs everywhere.
// [Machine] and [Generations] are such lists. Nothing here tests or credits: that is for package
// entropy. Nothing here draws from crypto/rand, which may be the system itself.
package source
