//! The required state of every table, policy, key, function and view, read from the catalogue: a table that is added
//! without its protection fails here.

use tokio_postgres::Client;

use crate::support::database::Database;

/// Tables that belong to no tenant.
const NOT_TENANTS: &str =
    "'refinery_schema_history', 'throttles', 'signup_invitations', 'host_turns', 'oauth_clients'";

/// Each statement returns a line for every violation of its rule. `{t}` stands for the tables of
/// tenants: oid, name, and the column with the tenant.
const RULES: &[(&str, &str)] = &[
    ("row-level security enabled and forced", "
        SELECT t.name FROM {t} JOIN pg_class c ON c.oid = t.oid
        WHERE NOT (c.relrowsecurity AND c.relforcerowsecurity)"),
    ("the tenant's column exists, of type uuid and not null", "
        SELECT t.name FROM {t} WHERE NOT EXISTS (
            SELECT 1 FROM pg_attribute a
            WHERE a.attrelid = t.oid AND a.attname = t.key AND a.atttypid = 'uuid'::regtype AND a.attnotnull)"),
    ("the primary key begins with the tenant", "
        SELECT t.name FROM {t} WHERE NOT EXISTS (
            SELECT 1 FROM pg_constraint k JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.conkey[1]
            WHERE k.conrelid = t.oid AND k.contype = 'p' AND a.attname = t.key)"),
    ("every foreign key includes the tenant on both sides", "
        SELECT t.name || '.' || k.conname FROM {t} JOIN pg_constraint k ON k.conrelid = t.oid AND k.contype = 'f'
        JOIN pg_class f ON f.oid = k.confrelid
        JOIN pg_attribute mine ON mine.attrelid = t.oid AND mine.attnum = k.conkey[1]
        JOIN pg_attribute theirs ON theirs.attrelid = f.oid AND theirs.attnum = k.confkey[1]
        WHERE mine.attname <> t.key
           OR theirs.attname <> CASE f.relname WHEN 'customers' THEN 'id' ELSE 'customer_id' END
           OR cardinality(k.conkey) < CASE f.relname WHEN 'customers' THEN 1 ELSE 2 END"),
    ("every table references its customer", "
        SELECT t.name FROM {t} WHERE t.name <> 'customers'
          AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conrelid = t.oid AND k.contype = 'f')"),
    // A login starts from an email address, a key from its public part. Any other uniqueness across tenants would
    // disclose one tenant to another.
    ("every unique index but two begins with the tenant", "
        SELECT t.name || '.' || i.indexrelid::regclass FROM {t} JOIN pg_index i ON i.indrelid = t.oid AND i.indisunique
        JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = i.indkey[0]
        WHERE a.attname <> t.key
          AND i.indexrelid::regclass::text NOT IN ('users_email_key', 'api_keys_public_id_key')"),
    ("updated_at is maintained by its trigger", "
        SELECT t.name FROM {t} JOIN pg_attribute a ON a.attrelid = t.oid AND a.attname = 'updated_at'
        WHERE NOT EXISTS (
            SELECT 1 FROM pg_trigger g JOIN pg_proc p ON p.oid = g.tgfoid
            -- 1 row, 2 before, 16 update; O: enabled.
            WHERE g.tgrelid = t.oid AND p.proname = 'touch_updated_at' AND g.tgtype = 19 AND g.tgenabled = 'O')"),
    // document_events is a copy that a trigger makes of documents, where the check is.
    ("every status is checked", "
        SELECT t.name || '.' || a.attname FROM {t} JOIN pg_attribute a ON a.attrelid = t.oid AND NOT a.attisdropped
        WHERE a.attname ~ '^(status|stage|source|format|role|purpose|trigger_type|window_kind)$'
          AND t.name <> 'document_events'
          AND NOT EXISTS (
            SELECT 1 FROM pg_constraint k
            WHERE k.conrelid = t.oid AND k.contype = 'c' AND k.conkey = ARRAY[a.attnum]
              AND pg_get_constraintdef(k.oid) ~ ('\\m' || a.attname || '\\M.*(ANY|=)'))"),
    ("the app has one policy, which compares the tenant on reads and writes", "
        SELECT t.name FROM {t} WHERE 1 <> (
            SELECT count(*) FROM pg_policies p
            WHERE p.schemaname = 'public' AND p.tablename = t.name AND p.policyname = 'tenant'
              AND p.permissive = 'PERMISSIVE' AND p.roles = '{dynrag_app}' AND p.cmd = 'ALL'
              AND p.qual = format('(%I = current_customer_id())', t.key) AND p.with_check = p.qual)"),
    ("no other role but dynrag_definer has a policy", "
        SELECT p.tablename || '.' || p.policyname FROM pg_policies p
        WHERE NOT (p.policyname = 'tenant' AND p.roles = '{dynrag_app}')
          -- It can only restrict.
          AND NOT (p.policyname = 'bound' AND p.roles = '{dynrag_app}' AND p.permissive = 'RESTRICTIVE')
          AND p.roles <> '{dynrag_definer}'"),
    ("tables that depend on documents or collections are bound on reads and writes", "
        SELECT t.name FROM {t}
        WHERE (t.name IN ('documents', 'collections', 'jobs', 'crawl_pages')
               OR EXISTS (SELECT FROM pg_constraint k
                          WHERE k.conrelid = t.oid AND k.contype = 'f'
                            AND k.confrelid IN ('documents'::regclass, 'document_versions'::regclass)))
          AND NOT EXISTS (
            SELECT FROM pg_policies p
            WHERE p.schemaname = 'public' AND p.tablename = t.name AND p.policyname = 'bound'
              AND p.permissive = 'RESTRICTIVE' AND p.roles = '{dynrag_app}' AND p.cmd = 'ALL'
              AND p.qual = p.with_check AND p.qual LIKE '%current_collections() IS NULL%')"),
    ("only the owner may do more than read and write rows", "
        SELECT t.name || ': ' || coalesce(r.rolname, 'PUBLIC') || ' ' || x.privilege_type
        FROM {t} JOIN pg_class c ON c.oid = t.oid
        CROSS JOIN aclexplode(c.relacl) x LEFT JOIN pg_roles r ON r.oid = x.grantee
        WHERE x.grantee <> c.relowner
          AND NOT (r.rolname IN ('dynrag_app', 'dynrag_definer') AND r.rolname IS NOT NULL
                   AND x.privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE'))"),
    ("tables belong to the owner", "
        SELECT t.name FROM {t} JOIN pg_class c ON c.oid = t.oid JOIN pg_roles r ON r.oid = c.relowner
        WHERE r.rolsuper OR r.rolbypassrls OR r.rolname IN ('dynrag_app', 'dynrag_definer')"),
    ("the app and the definer have no special attributes", "
        SELECT rolname FROM pg_roles WHERE rolname IN ('dynrag_app', 'dynrag_definer')
          AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication
               OR (rolname = 'dynrag_definer' AND rolcanlogin))"),
    ("the app and the definer are members of nothing", "
        SELECT r.rolname || ' in ' || g.rolname FROM pg_auth_members m
        JOIN pg_roles r ON r.oid = m.member JOIN pg_roles g ON g.oid = m.roleid
        WHERE r.rolname IN ('dynrag_app', 'dynrag_definer')"),
    ("a function that crosses tenants belongs to the definer and has a fixed search path", "
        SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_roles r ON r.oid = p.proowner
        WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef
          AND NOT (r.rolname = 'dynrag_definer' AND 'search_path=public, pg_temp' = ANY (p.proconfig))"),
    ("no function is granted to PUBLIC", "
        SELECT p.oid::regprocedure::text FROM pg_proc p
        CROSS JOIN aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) x
        WHERE p.pronamespace = 'public'::regnamespace AND x.grantee = 0"),
    ("views run with the rights of the caller, and none is materialised", "
        SELECT relname::text FROM pg_class
        WHERE relnamespace = 'public'::regnamespace
          AND (relkind IN ('m', 'f')
               OR (relkind = 'v' AND NOT coalesce('security_invoker=true' = ANY (reloptions), false)))"),
    ("the app has no access to tables of no tenant", "
        SELECT c.relname::text FROM pg_class c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname IN ({not_tenants})
          AND has_table_privilege('dynrag_app', c.oid, 'SELECT, INSERT, UPDATE, DELETE')"),
    ("the app cannot create anything in the schema", "
        SELECT r.rolname FROM pg_roles r WHERE r.rolname IN ('dynrag_app', 'dynrag_definer')
          AND has_schema_privilege(r.rolname, 'public', 'CREATE')"),
];

/// The tables of tenants as a subquery `t (oid, name, key)`.
fn tenant_tables() -> String {
    format!(
        "(SELECT oid, relname::text AS name, CASE relname WHEN 'customers' THEN 'id' ELSE 'customer_id' END AS key
          FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
            AND relname NOT IN ({NOT_TENANTS})) AS t"
    )
}

/// A table of tenants.
pub struct Table {
    pub name: String,
    /// The column with the tenant.
    pub key: String,
}

/// Every table of tenants.
pub async fn tables(client: &Client) -> Vec<Table> {
    let rows = client
        .query(
            &format!("SELECT name, key FROM {} ORDER BY name", tenant_tables()),
            &[],
        )
        .await
        .unwrap();
    rows.iter()
        .map(|row| Table {
            name: row.get("name"),
            key: row.get("key"),
        })
        .collect()
}

/// Every violation of a rule.
pub async fn findings(client: &Client) -> Vec<String> {
    let mut found = Vec::new();
    for (rule, sql) in RULES {
        let sql = sql
            .replace("{t}", &tenant_tables())
            .replace("{not_tenants}", NOT_TENANTS);
        let rows = client
            .query(&sql, &[])
            .await
            .unwrap_or_else(|e| panic!("{rule}: {e:?}"));
        found.extend(
            rows.iter()
                .map(|row| format!("{}: violates: {rule}", row.get::<_, String>(0))),
        );
    }
    found
}

#[tokio::test]
async fn every_table_policy_function_and_view_follows_the_rules() {
    let database = Database::fresh().await;
    let client = database.superuser().await;
    // A catalogue query that finds no tables would find no violations either.
    assert!(tables(&client).await.len() >= 13);
    assert_eq!(findings(&client).await, Vec::<String>::new());
}
