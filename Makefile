# One file for the desk and for continuous integration: "make test" is what
# .ci/run calls. Needed: Go 1.26, a C compiler (for SQLite), Node 20 with npm.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory

# The version is the newest heading of the change log, with the commit when
# this is a git checkout.
RELEASE := $(shell sed -n 's/^\#\# \([0-9][0-9.]*\).*/\1/p' CHANGELOG.md | head -n 1)
COMMIT := $(shell git rev-parse --short=10 HEAD 2>/dev/null)
VERSION := $(RELEASE)$(if $(COMMIT),+$(COMMIT))

# -trimpath keeps the folders of the machine that builds out of the program.
GOBUILD := go build -trimpath -ldflags "-s -w -X main.version=$(VERSION)"
# The linters stand in a module file of their own, so that their versions are
# pinned and checked without becoming dependencies of the program.
TOOL := go tool -modfile=.ci/tools.mod
# The analysers that go vet has not: modernize, errorlint, sloglint, and tests that
# assert nothing.
ANALYSE := $(CURDIR)/bin/analyse
# .ci/errcheck.txt leaves out prints to a console and the closing of what was
# only read; the closing of what was written must be looked at.
ERRCHECK := $(TOOL) errcheck -ignoretests -exclude .ci/errcheck.txt
# What runs side by side is worth the race detector's time: packages that do little
# else, and of the others these tests. One that starts a server or goroutines in its
# own body must be here (TestTheRaceDetectorSeesWhatRunsSideBySide). "make test-long"
# gives the detector the short tests of every package.
RACE := ./internal/identity ./internal/ingest ./internal/schedule ./internal/sqlite
SIDEBYSIDE := ./internal/app ./internal/chart ./internal/pack ./internal/web
SIDEBYSIDERUN := ^Test(AChartThatManyAskForIsDrawnOnce|ACopyIsServedForReaders|ADrawingThatWasGivenUpIsMadeByTheNext|ASecondServerIsRefused|C15LookingBack|ConnectionsAreCapped|JobsAreThoseOfTheDocs|KilledAndStoppedUnderLoad|MonthCloseFromFoundToAltered|P1AFloodFromStrangers|P1ASessionAloneReplacesNoSecondFactor|P1EveryRouteForEveryRole|P1SlowStrangers|P2AKilledUploadLeavesNothing|ProcessesAtOnce|ReadAgainOnPages|ReadinessIsHonest|Serve|ServeOverTLS|TheRendererServesManyAtOnceAndKeepsToItsTime|TheSameWorkInSeveralProcessesIsDoneOnce|TheSetUpCodeStands|TwoProgramsKeepingAtOnceLoseNothing|Uploads|WhatTheDatabaseLostIsTakenInAgain)$$

# Images of Go set GOTOOLCHAIN=local, which would pass over the patch release that
# go.mod names. Asked once, not again by every make below. "make GOTOOLCHAIN=local
# build" builds with the Go that is here.
ifeq ($(MAKELEVEL),0)
export GOTOOLCHAIN := $(shell .ci/toolchain)
endif

# Lint has run vet already. Tests that wait for a year which another takes in hold
# one of the places of tests that run side by side, so there are more than cores.
# GOTMPDIR, where the go command builds, is also where Go 1.26 makes the folders of
# tests, which belong in memory.
GOTEST := go test -vet=off -shuffle=on -parallel 4 -timeout 40m -exec 'env -u GOTMPDIR'

LISTEN ?= 127.0.0.1:8080
FUZZTIME ?= 10s
BENCHROWS ?= 1000000

.PHONY: help
help: ## Show what can be made
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

.PHONY: build
build: bin/homeward ## Build bin/homeward with its style sheet and scripts

# Go keeps its own account of what is out of date, so the program is always
# handed to it; unchanged, this takes a second.
.PHONY: bin/homeward
bin/homeward: assets
	@.ci/need go cc
	$(GOBUILD) -o bin/homeward ./cmd/homeward

.PHONY: assets
assets: bin/.assets ## Build the style sheet and scripts into static/vendor

ASSET_SOURCES := package-lock.json package.json $(wildcard static/*.mjs static/css/* static/css/*/*)

bin/.assets: $(ASSET_SOURCES)
	@.ci/need node
	npm ci --no-audit --no-fund </dev/null
	npm run --silent build </dev/null
	@mkdir -p bin && touch $@

.PHONY: run
run: build ## Build, fill demo/ with synthetic data and serve it on 127.0.0.1:8080
	./bin/homeward demo --data demo --listen $(LISTEN)

.PHONY: test
test: ## Check everything: format, vet, lint, Go tests, browser tests
	@begin=$$SECONDS; \
	.ci/need go cc node; \
	chromium=$$(.ci/need chromium); \
	builds=$${GOTMPDIR:-$${TMPDIR:-/tmp}}; temporary=$$(.ci/temporary); \
	trap 'rm -rf "$$temporary"' EXIT; \
	step() { printf '\n== %s\n' "$$*"; }; \
	step Build; $(MAKE) build; \
	step Lint; $(MAKE) lint; \
	export GOTMPDIR="$$builds" TMPDIR="$$temporary"; \
	export HOMEWARD_CHROMIUM="$$chromium"; \
	step Go tests; $(GOTEST) ./...; \
	step Go tests with the race detector; $(GOTEST) -race -short $(RACE); \
	$(GOTEST) -race -short -run '$(SIDEBYSIDERUN)' $(SIDEBYSIDE); \
	step Browser tests; CHROMIUM="$$chromium" npm run --silent test:browser </dev/null; \
	printf '\nAll checks passed in %d seconds: build, format, vet, lint, Go tests, race detector, browser tests.\n' $$((SECONDS - begin))

.PHONY: pictures
pictures: build ## Take the pictures of the README again, from a new demonstration
	@chromium=$$(.ci/need chromium); CHROMIUM="$$chromium" node internal/app/browser/pictures.mjs

# Tests named TestLong… skip themselves without HOMEWARD_LONG: solvers over a
# whole year, whole matrices, torture. The properties of whole stores are tried on
# hundreds of histories here and on forty others in each "make test".
.PHONY: test-long
test-long: ## Run the tests that take longer than "make test" has
	@.ci/need go cc
	HOMEWARD_LONG=1 go test -run '^TestLong' -timeout 120m ./...
	HOMEWARD_LONG=1 go test -timeout 120m ./internal/sqlite
	go test -race -short -skip '^TestDevon' -timeout 120m ./...
	$(MAKE) litestream

# Its module file is its own: some hundred modules that the program does not have.
.PHONY: litestream
litestream: ## Build Litestream, and kill, restore and verify a server that it replicates
	@.ci/need go cc
	go build -modfile=.ci/litestream.mod -o bin/litestream github.com/benbjohnson/litestream/cmd/litestream
	@temporary=$$(.ci/temporary); trap 'rm -rf "$$temporary"' EXIT; \
	TMPDIR="$$temporary" HOMEWARD_LITESTREAM="$(CURDIR)/bin/litestream" go test -vet=off -count=1 -v -run '^TestLongLitestream$$' ./internal/app

# So many points of each kind of fault in each kind of work; 10 are some 1,300 points.
TORTURE ?= 10

.PHONY: torture
torture: ## Do every kind of work with TORTURE (10) faults of each kind, and count what was lost
	@.ci/need go cc
	@temporary=$$(.ci/temporary); trap 'rm -rf "$$temporary"' EXIT; \
	TMPDIR="$$temporary" HOMEWARD_TORTURE=$(TORTURE) go test -vet=off -count=1 -timeout 120m -v \
		-run '^(TestTorture|TestAFlippedByteIsNoticed|TestTheNightlyCheckNamesTheLastGoodBackup|TestKilledAndStoppedUnderLoad)$$' ./internal/app | \
		sed -n '/^ *=== /d; /^ *--- PASS/d; p'

.PHONY: lint
lint: bin/.assets ## Check format, vet and the linters
	@.ci/need go node
	@unformatted=$$(gofmt -l .ci cmd internal data static templates); \
	if [ -n "$$unformatted" ]; then printf 'These files are not formatted. Run gofmt -w on them:\n%s\n' "$$unformatted"; exit 1; fi
	.ci/longlines
	go vet ./...
	go build -modfile=.ci/tools.mod -o $(ANALYSE) ./.ci/analyse
	go vet -vettool=$(ANALYSE) ./...
	$(TOOL) staticcheck -checks 'all,-QF*' ./...
	$(ERRCHECK) ./...
	$(TOOL) ineffassign ./...
	.ci/behind
	node .ci/licences.mjs --check
	@npm run --silent lint </dev/null & scripts=$$!; \
	unreachable=$$($(TOOL) deadcode ./cmd/homeward); wait $$scripts; \
	if [ -n "$$unreachable" ]; then printf 'Nothing that the program does calls these. Wire them, or take them out:\n%s\n' "$$unreachable"; exit 1; fi

.PHONY: bench
bench: build ## Measure the packages, a million rows in one file beside sqlite3 .import, a year of a nation, and those who read it
	go test -run '^$$' -bench . -benchmem -timeout 30m ./internal/...
	.ci/bench $(BENCHROWS)
	.ci/bench-nation
	.ci/bench-readers

.PHONY: bench-national
bench-national: ## Measure 50 million patient-days, ten years of a nation, in a folder under bin/
	HOMEWARD_NATIONAL=$(CURDIR)/bin/nation go test -run '^$$' -bench Nation -benchtime 10x -timeout 60m -v ./internal/sqlite

.PHONY: fuzz
fuzz: ## Fuzz every reader of bytes for FUZZTIME (10s) each
	@.ci/need go cc
	@go list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}' ./... | while read -r package; do \
		for name in $$(go test -list '^Fuzz' "$$package" | grep '^Fuzz' || true); do \
			printf '\n== %s %s\n' "$$package" "$$name"; \
			go test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) "$$package" </dev/null; \
		done; \
	done

.PHONY: clean
clean: ## Remove what was built; data folders are left alone
	rm -rf bin node_modules coverage*
	find static/vendor -mindepth 1 ! -name '.git*' ! -name 'README*' -delete 2>/dev/null || true
