# Copyright (c) 2026, the nodeops.chainlink authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

.PHONY: help demo demo-down test lint unit estate sanity collection lab molecule molecule-long audit bench bench-down clean

help: ## Say what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

demo: ## Deploy a whole estate in a region on this machine, and prove it
	@scripts/demo up

demo-down: ## Remove the demo: every container, network, process and file of it
	@scripts/demo down

test: ## Run every test: lint, unit, estates on paper, sanity, collection, Molecule with the estate end to end
	@scripts/test lint unit estate collection sanity live traces

lint: ## Run the linters only
	@scripts/test lint

unit: ## Run the unit tests only
	@scripts/test unit

estate: ## Provision estates in a region without machines, and compare them with what is expected
	@scripts/test estate

collection: ## Build the collection, install it elsewhere and use it by name
	@scripts/test collection

sanity: ## Run ansible-test sanity on the built collection
	@scripts/test sanity

lab: ## Run the tests of the emulated region only
	@scripts/test lab traces

molecule: ## Run the Molecule scenarios only
	@scripts/test molecule

molecule-long: ## Run the Molecule scenarios with the tests that make test leaves out: half an hour more
	@NODEOPS_LONG=yes scripts/test molecule

bench: ## Measure the figures of the README in a region of its own (ONLY=handover: one of them)
	@scripts/bench up $(ONLY)

bench-down: ## Remove the benchmark's region
	@scripts/bench down

audit: ## Audit fresh hosts with Lynis and ssh-audit, before and after hardening
	@scripts/audit

clean: demo-down ## Remove everything that make put into this checkout
	rm -rf .venv .ansible .mypy_cache .pytest_cache .ruff_cache .hypothesis tests/output
