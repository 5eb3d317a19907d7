# Everything that can be done here; `make help` lists it. Each recipe calls one program, most of them under ci/.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-builtin-rules
.DEFAULT_GOAL := help
.NOTPARALLEL:

K ?=
PYTHON := .venv/bin/python
# Several processes: tests/conftest.py says which tests may run side by side.
PYTEST := $(PYTHON) -m pytest --numprocesses $(or $(JOBS),3) --dist loadscope --no-loadscope-reorder
export PYTHONPATH := hooks/src:.
export CONTEXT NAMESPACE RELEASE VALUES

# The order in which the suites run; those that need a Kubernetes come last.
OFFLINE_SUITES := $(wildcard tests/static tests/unit tests/simulation tests/chart)
CLUSTER_SUITES := $(wildcard tests/contract tests/e2e)

##@ Use
.PHONY: up
up: setup ## A running MySQL InnoDB Cluster, local or with CONTEXT=name (NAMESPACE= RELEASE= VALUES="file ...")
	@$(PYTHON) -m ci.up

.PHONY: down
down: setup ## Uninstall the release and delete its data from the local cluster
	@$(PYTHON) -m ci.up down

.PHONY: shell
shell: setup ## A shell with kubectl and helm for the local cluster
	@PATH="$(CURDIR)/.cluster/bin:$(CURDIR)/.venv/bin:$$PATH" KUBECONFIG="$(CURDIR)/.cluster/kubeconfig" $${SHELL:-bash} -i

##@ Test
.PHONY: test
test: setup ## Everything: static, unit, chart, then end to end on the local Kubernetes
	@$(PYTHON) -m ci.up prepare-tests
	@$(PYTEST) $(OFFLINE_SUITES) $(CLUSTER_SUITES)

.PHONY: check
check: setup tools ## What needs no cluster, under two minutes: with a tenth of the simulation
	@$(PYTEST) $(OFFLINE_SUITES) -m "not slow"

.PHONY: e2e
e2e: setup ## End-to-end tests only; K=expression chooses
	@$(PYTHON) -m ci.up prepare-tests
	@$(PYTEST) tests/e2e $(if $(K),-k "$(K)")

.PHONY: soak
soak: setup ## Faults by chance for MINUTES=20, under load; SEED=number replays one
	@$(PYTHON) -m ci.up prepare
	@$(PYTHON) -m tests.soak --minutes $(or $(MINUTES),20) $(if $(SEED),--seed $(SEED))

.PHONY: simulate
simulate: setup ## Random faults in memory; STEPS=1000000 of them, SEED=number repeats them
	@$(PYTHON) -m tests.simulation $(if $(STEPS),--steps $(STEPS)) $(if $(SEED),--seed $(SEED))

.PHONY: bench
bench: setup ## Measurements; K=expression chooses; results in bench/results/
	@$(PYTHON) -m ci.up prepare
	@$(PYTHON) -m bench $(if $(K),-k "$(K)")

##@ Local Kubernetes
.PHONY: cluster-up
cluster-up: setup ## Start it (Linux on x86-64, root); its kubeconfig is .cluster/kubeconfig
	@$(PYTHON) -m ci.cluster up

.PHONY: cluster-down
cluster-down: setup ## Stop it, leaving nothing behind
	@$(PYTHON) -m ci.cluster down

.PHONY: images
images: setup ## Build the server, router and hooks images and load them into it
	@$(PYTHON) -m ci.up images

##@ Develop
.PHONY: lint
lint: setup tools ## The static checks alone, one line each
	@$(PYTHON) -m ci.lint

.PHONY: format
format: setup ## Format the Python code and mend what ruff can mend
	@.venv/bin/ruff check --fix-only --quiet . && .venv/bin/ruff format .

.PHONY: generate
generate: setup tools ## The chart's README, from the comments in its values.yaml
	@.cluster/bin/helm-docs --chart-search-root charts --sort-values-order file --log-level warning

.PHONY: requirements
requirements: setup ## Resolve the Python requirements again, to the newest versions allowed
	@$(PYTHON) -m ci.requirements

.PHONY: setup
setup: ## The Python environment, .venv (every target does this first)
	@python3 ci/venv.py

.PHONY: tools
tools: setup # the programs that the checks call; quick when they are there
	@$(PYTHON) -m ci.binaries helm4 helm3 chart-testing kubeconform helm-docs

.PHONY: help
help: ## This list
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
