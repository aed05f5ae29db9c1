# make test needs Go alone. make conformance also runs real clients; it installs what it needs.
GO        ?= go
BIN       := bin/gatehouse
# The race detector needs a C compiler; without one the tests run without it.
RACE      := $(shell command -v $$($(GO) env CC) >/dev/null 2>&1 && echo -race)
FUZZTIME  ?= 30s
# What the compiler knows of the gateway's hot path; internal/gateway/DESIGN.md tells what it is worth.
PROFILE   := cmd/gatehouse/gateway.pgo

.PHONY: build profile test vet lint unit demo conformance fuzz bench soak clean

build:
	CGO_ENABLED=0 $(GO) build -pgo=$(PROFILE) -trimpath -ldflags='-s -w' -o $(BIN) ./cmd/gatehouse

# Takes the profile anew, after the hot path has changed much.
profile:
	$(GO) test -trimpath -run '^$$' -bench 'KeepAlive/(gatehouse|rich)$$' -benchtime 10s -cpu 1 -cpuprofile $(PROFILE) -o bin/gateway.test ./internal/gateway

test: build vet lint unit demo

vet:
	$(GO) vet ./...
	@unformatted=$$(gofmt -l cmd internal examples conformance); test -z "$$unformatted" || { echo "not formatted by gofmt:" $$unformatted; exit 1; }

lint:
	$(GO) tool -modfile=tools/go.mod staticcheck ./...

unit:
	$(GO) test $(RACE) ./...

demo: build
	$(BIN) demo

conformance: build
	conformance/run $(abspath $(BIN))

# Every fuzz target for FUZZTIME each.
fuzz:
	@for p in $$($(GO) list ./...); do for f in $$($(GO) test -list '^Fuzz' $$p | grep '^Fuzz'); do \
		echo "$$p $$f"; $(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1x $$p || exit 1; done; done

bench:
	$(GO) test -run '^$$' -bench . -benchmem ./...

# What takes minutes: 50 kills of a server in the middle of 1,000 writes; a vault of 100,000 secrets;
# the gateway at 80 % of its highest rate for SOAKTIME (10m); 10 GiB through it.
soak:
	GATEHOUSE_SOAK_KILLS=50 GATEHOUSE_SOAK_SECRETS=100000 $(GO) test -count=1 -timeout 30m -run '^(TestKill|TestManySecrets)$$' -v ./internal/app
	$(GO) test -tags soak -count=1 -timeout 2h -v -run 'TestSoak|TestHugeUpload' ./internal/gateway

clean:
	rm -rf bin
