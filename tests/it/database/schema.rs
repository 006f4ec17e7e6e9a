//! `migrations/schema.sql`: the schema after all migrations, for readers. Its diff shows what a migration changes.

use std::process::Command;

use url::Url;

use crate::support::{database::Database, generated, known::known};

/// The schema of a database as `pg_dump` writes it, without lines that depend on its version or session.
fn dump(database: &str) -> String {
    let known = known();
    let url = Url::parse(&known.postgres_superuser_url).unwrap();
    let dumped = Command::new("pg_dump")
        .args(["--schema-only", "--no-owner", "--host=localhost"])
        .arg(format!("--port={}", url.port().unwrap()))
        .arg(format!("--username={}", url.username()))
        .arg(format!("--dbname={database}"))
        .arg("--exclude-table=refinery_schema_history")
        .env("PGPASSWORD", url.password().unwrap())
        .env("PGSSLMODE", "verify-full")
        .env("PGSSLROOTCERT", &known.postgres_ca)
        .output()
        .unwrap();
    assert!(
        dumped.status.success(),
        "{}",
        String::from_utf8_lossy(&dumped.stderr)
    );
    let text = String::from_utf8(dumped.stdout).unwrap();
    let mut lines: Vec<&str> = Vec::new();
    for line in text.lines() {
        let of_session = ["SET ", "SELECT pg_catalog.set_config", "\\"];
        let of_tool = ["-- Dumped ", "-- PostgreSQL database dump"];
        if line == "--"
            || of_session
                .iter()
                .chain(&of_tool)
                .any(|with| line.starts_with(with))
        {
            continue;
        }
        if line.is_empty() && lines.last().is_none_or(|last| last.is_empty()) {
            continue;
        }
        lines.push(line);
    }
    let mut text = lines.join("\n").trim_end().to_owned();
    text.push('\n');
    text
}

#[tokio::test]
async fn the_schema_file_matches_the_migrations() {
    let database = Database::fresh().await;
    let schema = dump(&database.name);
    assert_eq!(generated::file("migrations/schema.sql", &schema), None);
}
