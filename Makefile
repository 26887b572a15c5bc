# `make help` lists the targets. CI runs `make check`.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

FUZZTIME ?= 10s
LOOPFLAGS ?=
PLATFORMS ?= 12000
SAMPLE ?= 200
SEED ?= 1
IMAGE_PLATFORMS ?= linux/amd64,linux/arm64
BIN := bin

.PHONY: help
help: ## Show this help
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

.PHONY: build
build: ## Build bin/roster; the first time takes minutes, and says how far it is
	@CGO_ENABLED=0 go build -v -trimpath -ldflags "-s -w" -o $(BIN)/roster ./cmd/roster 2>&1 >/dev/null | bash internal/tools/progress.sh

# The group of a container's user is the one in /etc/passwd, and without it root's.
.PHONY: image-root
image-root: build ## Assemble the root filesystem of the sidecar's image in bin/image, without a container engine
	@rm -rf $(BIN)/image
	@install -D -m 0755 $(BIN)/roster $(BIN)/image/usr/local/bin/roster
	@install -D -m 0644 plugin/plugin.yaml $(BIN)/image/home/argocd/cmp-server/config/plugin.yaml
	@echo argocd:x:999:999::/home/argocd:/sbin/nologin | install -D -m 0644 /dev/stdin $(BIN)/image/etc/passwd

.PHONY: image
image: ## Write the sidecar's image of this checkout to bin/oci/roster, an OCI layout, without a container engine; IMAGE_PLATFORMS=linux/arm64 takes one platform
	@rm -rf $(BIN)/oci/roster
	@mkdir -p $(BIN)/oci
	@go -C internal/release run . -only image -platforms $(IMAGE_PLATFORMS) -source $(CURDIR) -out $(CURDIR)/$(BIN)/oci/roster

# The shell takes VERSION and REGISTRY from the environment: no part of a tag is a command.
.PHONY: release
release: ## Make all that a release has in dist: archives, licences, lists of parts, images, checksums; VERSION=v1.2.3 where the commit has no tag, REGISTRY=registry.example where the images go elsewhere
	go -C internal/release run . -version "$${VERSION:-}" -registry "$${REGISTRY:-}" -source $(CURDIR) -out $(CURDIR)/dist

.PHONY: helpers-lock
helpers-lock: ## Write down Debian's newest packages for the helpers' image
	go -C internal/release run . -only lock -source $(CURDIR)

# A cache of its own: what is compiled again must be the same.
.PHONY: release-twice
release-twice: ## Make a release for all platforms twice, with nothing compiled before, and compare; an hour
	@rm -rf $(BIN)/twice
	@mkdir -p $(BIN)/twice
	GOCACHE=$(CURDIR)/$(BIN)/twice/cache1 go -C internal/release run . -version v0.0.1 -source $(CURDIR) -out $(CURDIR)/$(BIN)/twice/1
	GOCACHE=$(CURDIR)/$(BIN)/twice/cache2 go -C internal/release run . -version v0.0.1 -source $(CURDIR) -out $(CURDIR)/$(BIN)/twice/another-folder/2
	diff -r $(BIN)/twice/1 $(BIN)/twice/another-folder/2

.PHONY: release-test
release-test: ## Make a release for this platform twice, and run what is in it
	go -C internal/release vet ./...
	go -C internal/release test -timeout 30m ./...

.PHONY: render
render: build ## Render examples/homelab to stdout: the main job
	@$(BIN)/roster render examples/homelab

.PHONY: man
man: build ## Write the manual pages into bin/man; their date is that of the commit
	@rm -rf $(BIN)/man
	@SOURCE_DATE_EPOCH="$$(git log -1 --format=%ct)" $(BIN)/roster man --output-dir $(BIN)/man

.PHONY: test
test: ## Run all fast tests
	go test ./...

.PHONY: update
update: ## Rewrite golden files and scripts; read the difference before you commit it
	UPDATE=1 go test ./catalog ./golden ./cmd/internal/cli ./internal/diff/kinds ./internal/diff/formats ./internal/lint/rules ./internal/report ./test/house

.PHONY: generate
generate: ## Regenerate the embedded schemas from the modules that internal/schema/crds/go.mod names
	go generate ./...

.PHONY: lint
lint: ## Run the linters
	go -C internal/tools build -o $(CURDIR)/bin/golangci-lint github.com/golangci/golangci-lint/v2/cmd/golangci-lint
	bin/golangci-lint run ./...

.PHONY: fuzz
fuzz: ## Run each fuzz target for FUZZTIME
	@grep -rE --include='*_test.go' '^func Fuzz' . | sed -E 's#^(.*)/[^/]*:func (Fuzz[A-Za-z0-9]+).*#\1 \2#' | sort | \
		while read -r dir target; do \
			echo "$$target in $$dir"; \
			go test -run=NONE -fuzz="^$$target\$$" -fuzztime=$(FUZZTIME) -fuzzminimizetime=20x "$$dir"; \
		done

.PHONY: bench
bench: ## Compare with helm template, whole process, and print the table
	cd test/bench && go run .

.PHONY: bench-short
bench-short: ## Run each comparison of bench once, on small lists and without time limits: it still works
	cd test/bench && go run . short

.PHONY: mutants
mutants: ## Make SAMPLE small changes, drawn with SEED, one at a time, and print the share that the fast tests notice; hours
	go run ./test/mutation -sample $(SAMPLE) -seed $(SEED)

.PHONY: linear
linear: ## Give each rule 5,000 and 20,000 of each thing that it looks at, and compare what that costs; hours
	go test -timeout 12h -run '^TestLinear$$' ./internal/lint -repeat 5000

.PHONY: loop
loop: ## Run etcd, Kubernetes and Argo CD with the plugin, from a push to a healthy cluster; ARGOCD=v2 takes Argo CD 2.14
	go -C test/loop vet ./...
	go -C test/loop test -timeout 40m $(LOOPFLAGS) ./...

.PHONY: routes
routes: ## Hold lint against Traefik: its own code with PLATFORMS random platforms, and the real one with the examples
	@mkdir -p $(BIN)
	go -C test/routes/traefik run ./overlay > $(BIN)/overlay.json
	go -C test/routes/traefik vet -overlay=$(CURDIR)/$(BIN)/overlay.json ./judge ./overlay
	go -C test/routes/traefik test -timeout 15m -overlay=$(CURDIR)/$(BIN)/overlay.json ./judge
	go -C test/routes/traefik build -overlay=$(CURDIR)/$(BIN)/overlay.json -o $(CURDIR)/$(BIN)/judge ./judge
	go run ./test/routes -judge $(BIN)/judge -platforms $(PLATFORMS) -seed $(SEED)
	ROUTES=1 go -C test/loop test -timeout 40m -run '^(TestRoutes|TestRouteKinds)$$' .

.PHONY: eso
eso: ## Hold what roster knows of templates and keys of Secrets against External Secrets' own code
	@mkdir -p $(BIN)
	go -C test/eso/engine vet ./...
	go -C test/eso/engine build -o $(CURDIR)/$(BIN)/eso-engine .
	go run ./test/eso $(BIN)/eso-engine golden

.PHONY: verdicts
verdicts: ## Hold the judge of flows against Cilium's own engine with PLATFORMS random platforms
	PLATFORMS=$(PLATFORMS) SEED=$(SEED) go test -count=1 -timeout 60m -run '^TestRandom$$' -v ./internal/verdict/cilium

.PHONY: chain
chain: ## Run the alarm from a journal's line to the phone with the real Prometheus, Alertmanager and node_exporter
	go -C test/chain vet ./...
	go -C test/chain test -timeout 15m ./...

# Debian's Chromium, where there is no browser and we may install one.
.PHONY: page
page: ## Open the page of diff in a real headless Chromium, and leave screenshots in bin/page
	@command -v chromium chromium-browser google-chrome >/dev/null || \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then apt-get update -q && apt-get install -qy --no-install-recommends chromium; \
		else echo "make page needs chromium, chromium-browser or google-chrome on the PATH: install one of them"; exit 1; fi
	go -C test/page vet ./...
	go -C test/page test -count=1 -timeout 15m . -shots $(CURDIR)/$(BIN)/page

.PHONY: hook
hook: ## Commit with the real pre-commit, and see that it runs roster lint
	@command -v pre-commit >/dev/null || \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then apt-get update -q && apt-get install -qy --no-install-recommends pre-commit; \
		else echo "make hook needs pre-commit on the PATH: install it"; exit 1; fi
	go vet -tags precommit ./test/ci
	go test -count=1 -tags precommit -timeout 15m -run '^TestPreCommit$$' ./test/ci

.PHONY: shells
shells: man ## Complete command lines in real shells, in terminals: bash, zsh and fish; and have mandoc read the manual pages
	@command -v zsh >/dev/null && command -v fish >/dev/null && command -v mandoc >/dev/null || \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then apt-get update -q && apt-get install -qy --no-install-recommends zsh fish mandoc; \
		else echo "make shells needs zsh, fish and mandoc on the PATH: install them"; exit 1; fi
	mandoc -T lint $(BIN)/man/*.1
	go test -count=1 -timeout 15m -run '^TestShells$$' ./cmd/internal/cli -shells bash,zsh,fish

.PHONY: clean-tree
clean-tree:
	@git diff --exit-code
	@test -z "$$(git status --porcelain)" || { git status --short; echo "the tree is not clean"; exit 1; }

.PHONY: engines
engines: ## Compare what sources yield with helm, kustomize, jsonnet and Argo CD
	go -C test/engines vet ./...
	go -C test/engines test -timeout 30m ./...

.PHONY: fetch
fetch: ## Compare what is fetched with Helm and a real registry
	go -C test/fetch vet ./...
	go -C test/fetch test -timeout 15m ./...

.PHONY: guardrails
guardrails: ## Hold what lint says of guardrails against Kyverno's own engines
	go -C test/guardrails/kyverno vet ./...
	go run ./test/guardrails

.PHONY: loop-but-clusters
loop-but-clusters:
	$(MAKE) loop LOOPFLAGS='-skip "^TestClusters$$$$"'

# The loop waits most of the time: the others run meanwhile, one after the other, as two of them ask for packages of Debian.
.PHONY: beside
beside: loop-but-clusters others

.PHONY: others
others:
	$(MAKE) release-test
	$(MAKE) engines
	$(MAKE) fetch
	$(MAKE) chain
	$(MAKE) eso
	$(MAKE) page
	$(MAKE) shells
	$(MAKE) hook

.PHONY: check
check: test lint ## Everything that CI runs
	go mod tidy -diff
	go mod verify
	$(MAKE) generate
	$(MAKE) fuzz FUZZTIME=5s
	go test -run=NONE -bench=. -benchtime=1x ./...
	go test -race ./catalog ./render/...
	go -C test/bench vet ./...
	go -C test/bench test ./...
	$(MAKE) bench-short
	$(MAKE) -j2 --output-sync=target beside
	$(MAKE) clean-tree

.PHONY: check-all
check-all: check bench linear mutants ## What takes too long for each push: check, two clusters, the real Traefik, Argo CD 2.14, the figures of bench with their limits, linear and mutants
	$(MAKE) loop LOOPFLAGS='-run "^TestClusters$$$$"'
	$(MAKE) routes
	$(MAKE) guardrails
	$(MAKE) verdicts
	$(MAKE) release-twice
	$(MAKE) loop ARGOCD=v2 LOOPFLAGS='-run "TestTrial|TestTeam|TestSources"'
