# The commands of the house; `make` alone lists them. CI calls the same targets.
#
#   make run ARGS='--once --data /tmp/auyl'     arguments for auyl
#   make test TESTFLAGS='-run TestX -count=1'   flags for go test
#   make test PKGS=./stream/...                 some packages only

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

# Where the Go installer puts it, for a shell whose PATH does not know it yet.
export PATH := $(PATH):/usr/local/go/bin

# The product and its tests need no C compiler.
export CGO_ENABLED ?= 0

GO ?= go
PKGS ?= ./...
ARGS ?=
TESTFLAGS ?=

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.version=$(VERSION)

# Tools are pinned here, built from source once a version, and kept out of go.mod.
TOOLS := .tools
GOLANGCI_VERSION := v2.15.0
BUF_VERSION := v1.75.0
PROTOC_GEN_GO_VERSION := v1.36.12
GOLANGCI := $(TOOLS)/golangci-lint-$(GOLANGCI_VERSION)
BUF := $(TOOLS)/buf-$(BUF_VERSION)
# A folder of its own, because buf asks PATH for exactly this name.
PROTOC_GEN_GO := $(TOOLS)/protoc-gen-go-$(PROTOC_GEN_GO_VERSION)/protoc-gen-go

##@ Use

# On a terminal auyl gets a process group of its own (set -m), so that Ctrl-C
# reaches it alone: make would say Interrupt and exit 130 after a clean drain.
.PHONY: run
run: deps build ## install what is missing, build, run the Almaty example (ARGS=…)
	@if [ -t 0 ]; then set -m; fi; bin/auyl run $(ARGS) || exit $$?

.PHONY: build
build: need-go ## build bin/auyl
	$(GO) build -trimpath -ldflags '$(LDFLAGS)' -o bin/auyl ./cmd/auyl

.PHONY: deps
deps: need-go ## fetch the ClickHouse engine library, unless a clickhouse binary is at hand
	@if [ -n "$${AUYL_CLICKHOUSE:-}" ] || command -v clickhouse >/dev/null; then exit 0; fi; \
	have() { compgen -G 'node_modules/@chdb/lib-*/libchdb.*' >/dev/null; }; \
	have || rm -f node_modules/.package-lock.json; \
	$(MAKE) --no-print-directory --quiet node_modules/.package-lock.json; \
	have || { echo "make: the engine library is not published for $$(uname -sm): install ClickHouse and put clickhouse on PATH, or name it: AUYL_CLICKHOUSE=/path/to/clickhouse make $(MAKECMDGOALS)" >&2; exit 1; }

# npm writes this file last, so half an installation is not taken for a whole one.
node_modules/.package-lock.json: package.json package-lock.json
	@command -v npm >/dev/null || { echo 'make: npm is missing, and there is no clickhouse on PATH. Type: apt-get install -y npm' >&2; exit 1; }
	@echo 'fetching the ClickHouse engine library with npm: 180 MB once, 570 MB on disk …' >&2
	@npm ci --no-audit --no-fund
	@touch $@

##@ Check

.PHONY: test
test: deps ## run every test
	$(GO) test -timeout 30m $(TESTFLAGS) $(PKGS)

.PHONY: test-short
test-short: deps ## run the tests that take three minutes together, on two cores
	$(GO) test -short -timeout 5m $(TESTFLAGS) $(PKGS)

.PHONY: race
race: deps ## run every test under the race detector (needs a C compiler)
	CGO_ENABLED=1 $(GO) test -race -timeout 60m $(TESTFLAGS) $(PKGS)

.PHONY: lint
lint: $(GOLANGCI) $(BUF) ## run the linters
	$(GOLANGCI) run $(PKGS)
	$(BUF) lint

.PHONY: check-generate
check-generate: ## fail if generate would change a file
	@before=$$(mktemp) after=$$(mktemp); trap 'rm -f "$$before" "$$after"' EXIT; \
	sums() { git ls-files -coz --exclude-standard | sort -zu | xargs -0 sha256sum 2>/dev/null || true; }; \
	sums >"$$before"; \
	$(MAKE) --no-print-directory generate; \
	sums >"$$after"; \
	diff "$$before" "$$after" || { echo 'make: generated code is stale. Type: make generate, and commit what it changed' >&2; exit 1; }

.PHONY: check-tidy
check-tidy: need-go ## fail if go.mod or go.sum is not tidy
	$(GO) mod tidy -diff

.PHONY: bench
bench: deps build ## measure the budgets of the design (ARGS=… for the harness)
	$(GO) run ./bench $(ARGS)

.PHONY: bench-micro
bench-micro: need-go ## run the benchmarks beside the code
	$(GO) test -run '^$$' -bench . -benchmem $(TESTFLAGS) $(PKGS)

##@ Change

.PHONY: fmt
fmt: $(GOLANGCI) ## format the Go code and go.mod
	$(GOLANGCI) fmt
	$(GO) mod edit -fmt

.PHONY: generate
generate: $(BUF) $(PROTOC_GEN_GO) ## make the generated code again
	PATH="$(CURDIR)/$(dir $(PROTOC_GEN_GO)):$$PATH" $(BUF) generate
	$(GO) generate ./...

.PHONY: hooks
hooks: ## let git run .githooks/pre-commit before each commit in this clone
	git config core.hooksPath .githooks

.PHONY: clean
clean: ## remove what was built; data, tools and the engine library stay
	rm -rf bin
	$(GO) clean -testcache

.PHONY: distclean
distclean: clean ## also remove the tools and the engine library; data stays
	rm -rf $(TOOLS) node_modules

.PHONY: help
help: ## list the targets
	@awk 'BEGIN { FS = ":.*## " } \
	  /^##@ / { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: need-go
need-go:
	@command -v $(GO) >/dev/null || { echo 'make: go is missing: install Go 1.26 or newer from go.dev/dl and put it on PATH' >&2; exit 1; }

# install TOOL, MODULE@VERSION: build into a folder of its own, then move into
# place, so that an interrupted build leaves no tool behind.
define install
	@echo 'building $(2) from source, once a version; a minute or so on two cores …' >&2
	@mkdir -p $(dir $(1)) && tmp=$$(mktemp -d) && trap 'rm -rf "$$tmp"' EXIT && \
	GOBIN="$$tmp" GOFLAGS= CGO_ENABLED=0 $(GO) install $(2) && mv "$$tmp"/* $(1)
endef

$(GOLANGCI): | need-go
	$(call install,$@,github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION))

$(BUF): | need-go
	$(call install,$@,github.com/bufbuild/buf/cmd/buf@$(BUF_VERSION))

$(PROTOC_GEN_GO): | need-go
	$(call install,$@,google.golang.org/protobuf/cmd/protoc-gen-go@$(PROTOC_GEN_GO_VERSION))
