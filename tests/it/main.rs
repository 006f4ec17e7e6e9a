//! Integration tests against the real thing: PostgreSQL, and the functions deployed from template.yaml
//! on the emulator with IAM enforced. `make test` brings the stack up and names it in `DYNRAG_STACK`.

mod support;

mod contract;
mod database;
mod docs;
mod events;
mod matrix;
mod openapi;
mod routes;
mod stack;
