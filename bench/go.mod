module github.com/atoll-os/atoll/bench

go 1.26.3

require (
	github.com/atoll-os/atoll v0.0.0-00010101000000-000000000000
	github.com/quic-go/quic-go v0.65.0
	gvisor.dev/gvisor v0.0.0-20260905035102-160fafc42237
)

require (
	github.com/google/btree v1.1.2 // indirect
	golang.org/x/crypto v0.59.0 // indirect
	golang.org/x/exp v0.0.0-20250711185948-6ae5c78190dc // indirect
	golang.org/x/mod v0.43.0 // indirect
	golang.org/x/net v0.62.0 // indirect
	golang.org/x/sys v0.50.0 // indirect
	golang.org/x/time v0.16.0 // indirect
)

replace github.com/atoll-os/atoll => ../
