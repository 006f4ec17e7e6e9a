# Each target calls one script; `make` alone prints this list.
STACK := python3 infra/local/stack.py
# Given and empty is something else than not given.
WEB := $(if $(filter undefined,$(origin WEB_ALLOW)),,--web-allow '$(WEB_ALLOW)')

.DEFAULT_GOAL := help
.PHONY: help demo test up down logs status migrate destroy check soak bench package deploy teardown redrive clean

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

demo: ## bring the stack up, ingest three documents, ask two questions
	@$(STACK) demo $(WEB)

test: ## build, and run all tests against a stack of their own
	@scripts/test.sh

up: ## build, start and deploy what is not running or not current; a local n8n: make up WEB_ALLOW=127.0.0.1:5678
	@$(STACK) up $(WEB)

down: ## stop it; keeps the data
	@$(STACK) down

logs: ## follow all logs; fewer: make logs FUNCTION=embed LEVEL=ERROR REQUEST=ID CUSTOMER=ID SINCE=10m
	@$(STACK) logs --follow $(if $(LEVEL),--level '$(LEVEL)') $(if $(REQUEST),--request '$(REQUEST)') \
		$(if $(CUSTOMER),--customer '$(CUSTOMER)') $(if $(SINCE),--since '$(SINCE)') $(if $(JSON),--json) $(FUNCTION)

status: ## what runs, health, queues, documents; for programs: make status JSON=1
	@$(STACK) status $(if $(JSON),--json)

migrate: ## run the migrations again
	@$(STACK) migrate

destroy: ## stop the stack and remove its data
	@$(STACK) destroy

check: ## formats, lints, documentation, licences, the template
	@scripts/check.sh

soak: ## the promises' tests in their full form; takes the better part of an hour
	@scripts/soak.sh

bench: ## measure startup, an authenticated request, search, and with DATA=FOLDER extraction
	@scripts/bench.sh $(DATA)

package: ## build for Lambda and hold the zips to their limits
	@infra/package/package.sh

deploy: ## deploy to AWS: make deploy STAGE=dev
	@infra/package/deploy.sh $(STAGE)

teardown: ## remove a deployment from AWS: make teardown STAGE=dev
	@infra/package/teardown.sh $(STAGE)

redrive: ## count what was given up, or put it back: make redrive STAGE=dev ARGS=--yes (without STAGE: the local stack)
	@infra/package/redrive.sh $(if $(STAGE),--stage $(STAGE)) $(ARGS)

clean: ## remove what was built here (the cache in ~/.cache/dynamic-rag stays)
	@scripts/clean.sh
