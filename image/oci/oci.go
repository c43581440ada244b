// Package oci writes an image as an OCI image layout in a tar file: what registries, skopeo and
// Kubernetes take. Its one layer has the bootable ELF file; annotations say to a runtime of
// unikernels where it is. The same image gives the same bytes.
//
// https://github.com/opencontainers/image-spec is the format: image-layout.md, manifest.md,
// config.md. The annotations are those of urunc, which knows no Atoll yet: not tried.
package oci

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// Image is what goes into a layout.
type Image struct {
	Name     string // of the ELF file
	ELF      []byte
	Revision string // of the source; may be empty
}

// Media types of the specification.
const (
	typeIndex    = "application/vnd.oci.image.index.v1+json"
	typeManifest = "application/vnd.oci.image.manifest.v1+json"
	typeConfig   = "application/vnd.oci.image.config.v1+json"
	typeLayer    = "application/vnd.oci.image.layer.v1.tar"
)

// Directory is where the ELF file lies in the layer.
const Directory = "unikernel"

// Annotations of urunc, and of the specification.
const (
	keyType       = "com.urunc.unikernel.unikernelType"
	keyBinary     = "com.urunc.unikernel.binary"
	keyHypervisor = "com.urunc.unikernel.hypervisor"
	keyCommand    = "com.urunc.unikernel.cmdline"
	keyName       = "org.opencontainers.image.ref.name"
	keyRevision   = "org.opencontainers.image.revision"
)

// descriptor points to a blob.
type descriptor struct {
	Type        string            `json:"mediaType"`
	Digest      string            `json:"digest"`
	Size        int               `json:"size"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

// layout is a layout that is being written.
type layout struct {
	tar *tar.Writer
	err error
}

// Write writes the layout of an image.
func Write(w io.Writer, i Image) error {
	l := &layout{tar: tar.NewWriter(w)}
	l.file("oci-layout", []byte(`{"imageLayoutVersion":"1.0.0"}`))
	layer, err := layerOf(i)
	if err != nil {
		return err
	}
	content := l.blob(typeLayer, layer)
	annotations := map[string]string{keyType: "atoll", keyBinary: "/" + Directory + "/" + i.Name,
		keyHypervisor: "qemu", keyCommand: "--"}
	if i.Revision != "" {
		annotations[keyRevision] = i.Revision
	}
	config := l.json(typeConfig, map[string]any{
		"architecture": "amd64", "os": "linux", // what runtimes select by
		"config": map[string]any{"Entrypoint": []string{annotations[keyBinary]},
			"Labels": annotations},
		"rootfs": map[string]any{"type": "layers", "diff_ids": []string{content.Digest}},
	})
	manifest := l.json(typeManifest, map[string]any{"schemaVersion": 2, "mediaType": typeManifest,
		"config": config, "layers": []descriptor{content}, "annotations": annotations})
	manifest.Annotations = map[string]string{keyName: i.Name}
	index, _ := json.Marshal(map[string]any{"schemaVersion": 2, "mediaType": typeIndex,
		"manifests": []descriptor{manifest}})
	l.file("index.json", index)
	if l.err == nil {
		l.err = l.tar.Close()
	}
	if l.err != nil {
		return fmt.Errorf("oci: write a layout: %w", l.err)
	}
	return nil
}

// layerOf makes the layer: the ELF file, and what urunc reads beside the annotations.
func layerOf(i Image) ([]byte, error) {
	var b bytes.Buffer
	l := &layout{tar: tar.NewWriter(&b)}
	l.add(&tar.Header{Typeflag: tar.TypeDir, Name: Directory + "/", Mode: 0o755}, nil)
	l.file(Directory+"/"+i.Name, i.ELF)
	if l.err == nil {
		l.err = l.tar.Close()
	}
	if l.err != nil {
		return nil, fmt.Errorf("oci: make the layer: %w", l.err)
	}
	return b.Bytes(), nil
}

// blob writes a blob under its digest.
func (l *layout) blob(kind string, data []byte) descriptor {
	sum := sha256.Sum256(data)
	name := hex.EncodeToString(sum[:])
	l.file("blobs/sha256/"+name, data)
	return descriptor{Type: kind, Digest: "sha256:" + name, Size: len(data)}
}

// json writes a value as a blob. Its maps are written in the order of their keys.
func (l *layout) json(kind string, v any) descriptor {
	text, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("oci: BUG: %v", err))
	}
	return l.blob(kind, text)
}

// file adds a file.
func (l *layout) file(name string, data []byte) {
	l.add(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(data))}, data)
}

func (l *layout) add(h *tar.Header, data []byte) {
	if l.err != nil {
		return
	}
	h.Format, h.ModTime = tar.FormatUSTAR, time.Unix(0, 0)
	if l.err = l.tar.WriteHeader(h); l.err == nil {
		_, l.err = l.tar.Write(data)
	}
}
