# Every target has one line of help: make help
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-builtin-rules
.DEFAULT_GOAL := help

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
COMMIT  ?= $(shell git rev-parse --short HEAD 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X main.version=$(VERSION) -X main.commit=$(COMMIT)
BUILD   := CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)'
PLATFORMS := linux/amd64 linux/arm64 darwin/amd64 darwin/arm64
TOOLS   := .tools

# The seed of property tests (pgregory.net/rapid): with one of its own in each run a
# failure could belong to no change. Whoever looks for failures runs explore.
export RAPID_SEED ?= 1
PROPERTIES = $(shell git grep -l pgregory.net/rapid -- '*_test.go' | xargs -n1 dirname | sort -u | sed 's|^|./|')

.PHONY: help
help: ## Show this list
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 18

.PHONY: build
build: ## Build bin/loadctl, one static binary
	@$(BUILD) -o bin/loadctl ./cmd/loadctl

.PHONY: demo
demo: build ## Build, then run scenarios/items.yaml against the bundled target (about 40 s of load)
	bin/loadctl run scenarios/items.yaml

.PHONY: test
test: ## Every test that needs only Go
	go test ./...

# Pure rooms start no goroutine, which TestLayout sees to: the race detector has nothing to find in them.
PURE = stats|scenarios(/arrival|/document|/secure)?|tuning|agent/(faults|vu|http1)|proto/(wire|loadctlpb)|reports/(sample|brief|view|history)|target/(queue|counts|catalogue|knobs|topology)|coordinator/(price|secrets|trial|fleet|run|virtual|capacity|gate|usl|curve|saturation|changepoints|baseline|rental|plan|tune|frontier|selftest)

.PHONY: race
race: ## The same under the race detector, short form, but for rooms that start no goroutine
	go test -race -short $$(go list ./... | grep -vE '^github.com/loadctl/loadctl/($(PURE))$$')

.PHONY: explore
explore: ## Property tests from seeds of their own, each with CHECKS cases (default 1000)
	RAPID_SEED=0 RAPID_CHECKS=$(or $(CHECKS),1000) go test -count=1 -timeout 2h $(PROPERTIES)

.PHONY: e2e
e2e: build ## Real processes, sockets and tools; says what it skips and why
	LOADCTL_AXE=$$(bash e2e/axe.sh) go test -p 1 -parallel 8 -tags e2e -count=1 -timeout 80m -v ./e2e/... ./reports/html/... ./reports/tui/... ./bench/truth ./bench/internal/harms ./bench/sessions

.PHONY: check
check: ## Format, vet, lint, layout, fresh generated code, all platforms
check: format vet lint check-generate cross
	go test -run 'TestLayout|TestTargetSharesNothing' .

.PHONY: format
format: ## Fail when gofmt would change a file
	@bad=$$(git ls-files '*.go' | xargs gofmt -l); test -z "$$bad" || { echo "gofmt would change:"; echo "$$bad"; exit 1; }

.PHONY: vet
vet: ## go vet, with the e2e tests
	go vet ./...
	go vet -tags e2e ./...

.PHONY: lint
lint: $(TOOLS)/golangci-lint ## golangci-lint with the reasons in .golangci.yml
	$(TOOLS)/golangci-lint run ./...

.PHONY: generate
generate: $(TOOLS)/buf ## Generate protobuf code
	$(TOOLS)/buf generate

.PHONY: check-generate
check-generate: $(TOOLS)/buf ## Fail when the committed protobuf code is not what the .proto files give
	$(TOOLS)/buf lint
	@tmp=$$(mktemp -d); trap 'rm -rf "$$tmp"' EXIT; \
	$(TOOLS)/buf generate -o "$$tmp" && diff -r "$$tmp/proto/loadctlpb" proto/loadctlpb

.PHONY: cross
cross: ## Build every platform without cgo
	@for p in $(PLATFORMS); do echo "build $$p"; \
	  CGO_ENABLED=0 GOOS=$${p%/*} GOARCH=$${p#*/} go build -o /dev/null ./cmd/loadctl; done

.PHONY: dist
dist: ## Write dist/loadctl-OS-ARCH and SHA256SUMS
	@mkdir -p dist
	@for p in $(PLATFORMS); do \
	  GOOS=$${p%/*} GOARCH=$${p#*/} $(BUILD) -o dist/loadctl-$${p%/*}-$${p#*/} ./cmd/loadctl; done
	@cd dist && sha256sum loadctl-* > SHA256SUMS && cat SHA256SUMS

.PHONY: fuzz
fuzz: ## Each fuzz target for FUZZTIME (default 20s)
	@bash bench/fuzz.sh $(or $(FUZZTIME),20s)

.PHONY: golden
golden: ## Rewrite golden files; look at the diff
	go test ./reports/text ./reports/tui -update
	go test ./coordinator/run ./coordinator/fleet ./agent/host ./agent/internal/gather ./scenarios ./scenarios/arrival -rewrite

.PHONY: bench
bench: ## Go benchmarks, ten times each (BENCH=pattern)
	go test -run '^$$' -bench '$(or $(BENCH),.)' -count 10 ./...

.PHONY: bench-peers
bench-peers: build ## CPU per request beside the peers found on PATH, alternating runs
	go run ./bench/peers

.PHONY: bench-idle
bench-idle: build ## Memory and CPU of 17,000 held connections, and how long opening 50,000 takes (about 12 min)
	go run ./bench/idle

.PHONY: bench-hold
bench-hold: build ## 200,000 connections opened, 500,000 held for a minute (about 12 min)
	go run ./bench/idle -only open-200000
	go run ./bench/idle -only hold-500000 -rounds 3

.PHONY: bench-service
bench-service: build ## CPU of a request to the bundled service beside a bare net/http handler (about 2 min)
	go run ./bench/service

.PHONY: bench-sessions
bench-sessions: ## What 1,000 hosts cost one coordinator: CPU, memory, how late windows close (about 5 min)
	go run ./bench/sessions

.PHONY: truth
truth: build ## What a run measures beside what is true: each request, queues, arrivals (about 25 min)
	go run ./bench/truth live

.PHONY: truth-peers
truth-peers: build ## What other load generators found on PATH say of situations whose truth is known (about 13 min)
	go run ./bench/truth peers

.PHONY: truth-faults
truth-faults: build ## Whether measurements say so when the generator is harmed, 20 runs of each fault (about 25 min)
	go run ./bench/truth faults

.PHONY: bench-readme
bench-readme: ## Put the tables of bench/results into README, docs/measurement.md and docs/scale.md
	go test -p 1 ./bench/peers ./bench/idle ./bench/truth ./bench/sessions -run 'TestReadme|TestDocs' -rewrite

.PHONY: pictures
pictures: build ## Make the pictures of README from a real run
	bash docs/pictures.sh

$(TOOLS)/buf: tools/go.mod
	go build -modfile=tools/go.mod -o $@ github.com/bufbuild/buf/cmd/buf

$(TOOLS)/golangci-lint: tools/lint/go.mod
	go build -modfile=tools/lint/go.mod -o $@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint
