//! Functions of the database that releases replace: one file each in `migrations/functions`, in which a diff shows what
//! a release changes. They are applied again by every run, after the migrations.
//!
//! | it dies | what is left | who recovers it |
//! |---|---|---|
//! | before the commit | the functions of the release before, which run on the newer schema | the next run |
//! | after it | the functions of this release | |

use tokio_postgres::Client;

macro_rules! files {
    ($($name:literal,)+) => {
        [$(($name, include_str!(concat!("../../../migrations/functions/", $name, ".sql")))),+]
    };
}

/// Name and text of each file.
pub(crate) const FILES: [(&str, &str); 15] = files![
    "admin_set_limits",
    "admit_api_key",
    "admit_customer",
    "admit_user",
    "config_of",
    "find_webhook",
    "payer_of",
    "record_deliveries",
    "record_spend",
    "sweep_budgets",
    "sweep_deliveries",
    "sweep_documents",
    "sweep_jobs",
    "sweep_schedules",
    "take_from_window",
];

/// Replaces all of them, in one transaction.
///
/// # Errors
/// Those of Postgres.
pub(crate) async fn replace(client: &mut Client) -> Result<(), tokio_postgres::Error> {
    let tx = client.transaction().await?;
    // Most are owned by the role that sees across tenants.
    tx.batch_execute("GRANT CREATE ON SCHEMA public TO dynrag_definer")
        .await?;
    for (_, sql) in FILES {
        tx.batch_execute(sql).await?;
    }
    tx.batch_execute("REVOKE CREATE ON SCHEMA public FROM dynrag_definer")
        .await?;
    tx.commit().await
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs};

    use super::*;

    #[test]
    fn every_file_is_applied_and_defines_the_function_it_is_named_after() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations/functions");
        let found: BTreeSet<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        let applied: BTreeSet<String> = FILES.map(|(name, _)| format!("{name}.sql")).into();
        assert_eq!(found, applied);
        for (name, sql) in FILES {
            let definitions: Vec<&str> = sql
                .lines()
                .filter(|line| line.contains("FUNCTION"))
                .collect();
            let own = format!("CREATE OR REPLACE FUNCTION {name}(");
            assert!(
                definitions.iter().all(|line| line.starts_with(&own)),
                "{name}: {definitions:?}"
            );
        }
    }

    #[test]
    fn no_newer_migration_repeats_one() {
        /// The last migration that repeated functions whole.
        const LAST: i32 = 40;
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations");
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let file = path.file_name().unwrap().to_str().unwrap();
            let number = file
                .strip_prefix('V')
                .and_then(|rest| rest.split("__").next());
            let Some(number) = number.and_then(|digits| digits.parse::<i32>().ok()) else {
                continue;
            };
            let sql = fs::read_to_string(&path).unwrap();
            for (name, _) in FILES.iter().filter(|_| number > LAST) {
                assert!(
                    !sql.contains(&format!("FUNCTION {name}(")),
                    "{file} has {name}: change migrations/functions/{name}.sql"
                );
            }
        }
    }
}
