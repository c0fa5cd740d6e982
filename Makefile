# Targets for people; .ci/run is what has to pass.

GO      ?= go
FUZZ    ?= 20s
KILLS   ?= 200
BENCH   ?= .
RACE     = $(wildcard ./graph ./relax ./datasets ./train ./internal/kernel ./internal/conv ./internal/threads ./internal/engine ./sweep ./internal/reproduce)

.PHONY: check test race bench fuzz kill golden mutate format generate build

check: ## everything that has to pass before a change is merged
	.ci/run

test:
	$(GO) test ./...
	cd examples/external && $(GO) test ./...

race: ## the packages that run goroutines
	$(GO) test -race $(RACE)

bench: ## compare two outputs with benchstat
	$(GO) test -run '^$$' -bench '$(BENCH)' -benchmem -count 6 ./...

# Without a limit, the engine makes every new input smaller for up to a minute: it tries
# each run of its bytes, which is quadratic, and counts no executions meanwhile.
fuzz: ## every parser of bytes, FUZZ each
	@for package in $$(grep -rl --include='*_test.go' '^func Fuzz' . | xargs -n 1 dirname | sort -u); do \
		for target in $$($(GO) test -list '^Fuzz' $$package | grep '^Fuzz'); do \
			echo "$$package $$target"; \
			$(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZ) -fuzzminimizetime 100x $$package || exit 1; \
		done; \
	done

kill: ## stop KILLS training processes at random moments and compare what they resume to
	$(GO) test ./train -run 'TestKill$$' -count 1 -timeout 60m -v -kills $(KILLS)
	$(GO) test ./sweep -run 'TestKill$$' -count 1 -timeout 60m -v -kills $(KILLS)
	$(GO) test ./cli -run 'TestKill$$' -count 1 -timeout 60m -v -kills $(KILLS)

golden: ## writes the golden files anew; look at the difference before you commit it
	@for package in $$(grep -rl --include='*_test.go' 'flag.Bool("update"' . | xargs -n 1 dirname | sort -u); do \
		$(GO) test $$package -update || exit 1; \
	done

mutate: ## breaks documented sentences one at a time: every fault has to be noticed by a test
	$(GO) run ./internal/mutate $(MUTATE)

format: ## as .ci/run wants it
	$(GO) tool -modfile=tools/go.mod gofumpt -w .

generate: ## assembly kernels
	$(GO) generate ./...

build:
	$(GO) build -o bin/ ./cmd/...
