# Targets for people; .ci/run is what has to pass.

GO      ?= go
FUZZ    ?= 20s
BENCH   ?= .
RACE     = $(wildcard ./graph ./relax ./datasets ./train ./internal/kernel ./internal/conv ./internal/pool ./internal/engine ./internal/reproduce)

.PHONY: check test race bench fuzz golden format generate build

check: ## everything that has to pass before a change is merged
	.ci/run

test:
	$(GO) test ./...
	cd examples/external && $(GO) test ./...

race: ## the packages that run goroutines
	$(GO) test -race $(RACE)

bench: ## compare two outputs with benchstat
	$(GO) test -run '^$$' -bench '$(BENCH)' -benchmem -count 6 ./...

fuzz: ## every parser of bytes, FUZZ each
	@for package in $$($(GO) list ./...); do \
		for target in $$($(GO) test -list '^Fuzz' $$package | grep '^Fuzz'); do \
			echo "$$package $$target"; \
			$(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZ) $$package || exit 1; \
		done; \
	done

golden: ## writes the golden files anew; look at the difference before you commit it
	@for package in $$(grep -rl --include='*_test.go' 'flag.Bool("update"' . | xargs -n 1 dirname | sort -u); do \
		$(GO) test $$package -update || exit 1; \
	done

format: ## as .ci/run wants it
	$(GO) tool -modfile=tools/go.mod gofumpt -w .

generate: ## assembly kernels
	$(GO) generate ./...

build:
	$(GO) build -o bin/ ./cmd/...
