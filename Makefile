# Two commands do everything on a machine with Go and g++:
#   make run    builds etl and runs the main job on the exports in testdata/
#   make test   sets up what it needs (a linter, PostgreSQL's binaries) and runs all tests

TAGS    := duckdb_arrow
GO      := go
CACHE   ?= $(if $(XDG_CACHE_HOME),$(XDG_CACHE_HOME),$(HOME)/.cache)/kefu
LINT    := $(CACHE)/bin/golangci-lint-v2.12.2
VERSION := $(shell git describe --always --dirty 2>/dev/null || echo unversioned)
FUZZTIME ?= 20s
FUZZED   := ./extract/file ./transform/normalise ./transform/rule/yamlnode
# The engine is C++ and needs cgo; one set of tags everywhere keeps the build cache warm.
export CGO_ENABLED := 1

.PHONY: help build run test lint unit postgres worlds mutants crash rate bench fuzz fmt clean

help: ## what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

build: ## the binary, bin/etl
	@$(GO) build -trimpath -tags $(TAGS) -ldflags '-s -w -X main.version=$(VERSION)' -o bin/etl ./cmd/etl

run: build ## the main job on the exports in testdata/, then the report
	@bin/etl init
	@bin/etl run
	@bin/etl report

test: postgres lint unit ## everything: lint, unit, worlds on the engine

lint: $(LINT) ## style and import rules
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); echo 'run make fmt'; exit 1; }
	@$(LINT) run ./...

unit: ## all tests
	$(GO) test -tags $(TAGS) -timeout 60m ./... ./testdata/generate ./testdata/bench

worlds: ## two thousand random worlds against the reference
	KEFU_WORLDS=2000 $(GO) test -tags $(TAGS) -count 1 -timeout 60m -v -run TestWorldsOnTheEngine ./transform/transformtest

mutants: ## a wrong variant of every KPI, each of which the tests must catch
	KEFU_MUTANTS=1000 $(GO) test -tags $(TAGS) -count 1 -timeout 3h -v -run TestMutantsAreCaught ./transform/transformtest

crash: postgres ## a thousand commands and two hundred pulls killed at random moments, each finished by the next (KEFU_SEED=2 for other moments)
	KEFU_KILLS=$${KEFU_KILLS:-1000} KEFU_PULL_KILLS=200 $(GO) test -tags $(TAGS) -count 1 -timeout 6h -v -run 'TestKilledCommandsAreFinishedByTheNext|TestPullsThatAreKilled' ./cmd/etl

rate: ## the share of a permitted rate of calls that 1, 8 and 32 shops reach, by the clock on the wall
	@$(GO) test -run '^$$' -bench PermittedRate -benchtime 300x ./extract/api

postgres: ## PostgreSQL's server binaries, which the tests start servers from
	@.ci/postgres

bench: build ## speed and memory on five million messages, beside DuckDB alone (BENCH="-repeat 1 -json")
	@$(GO) run -tags $(TAGS) ./testdata/bench -etl bin/etl $(BENCH)

fuzz: ## every parser on damaged input, FUZZTIME (20s) each
	@for package in $(FUZZED); do \
		for target in $$($(GO) test -tags $(TAGS) -list '^Fuzz' $$package | grep ^Fuzz); do \
			echo "$$package $$target"; \
			$(GO) test -tags $(TAGS) -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) $$package || exit 1; \
		done; \
	done

fmt: ## format the code
	@gofmt -w $$(git ls-files '*.go')

clean: ## remove what was built and computed
	rm -rf bin var

# The linter is built by the project's own Go, once, outside of the checkout.
$(LINT):
	@mkdir -p $(dir $@)
	GOBIN=$(CACHE)/bin $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.12.2
	@mv $(CACHE)/bin/golangci-lint $@
