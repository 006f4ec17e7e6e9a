-- The search index: segments that are derived from a table and recorded with its version. shared/domain/src/segments.rs has
-- the meaning. Lists of tables that exist do not reach the recorded version; maintenance builds what is missing.

ALTER TABLE index_versions
    ADD COLUMN segments jsonb NOT NULL DEFAULT '{"segments": [], "since": null, "until": null}'
        CHECK (jsonb_typeof(segments -> 'segments') = 'array'),
    -- When maintenance is to be sent. Null: it is not needed.
    ADD COLUMN maintenance_at timestamptz,
    -- Until when a worker has it.
    ADD COLUMN maintenance_until timestamptz,
    -- When it ended last.
    ADD COLUMN maintained_at timestamptz,
    -- What it found then: files of the table, and, where that was measured, the recall of searches by vector.
    ADD COLUMN fragments integer CHECK (fragments >= 0),
    ADD COLUMN recall_at_10 double precision CHECK (recall_at_10 BETWEEN 0 AND 1),
    ADD COLUMN recall_queries integer CHECK (recall_queries > 0),
    ADD COLUMN recall_at timestamptz;
CREATE INDEX index_versions_maintenance ON index_versions (maintenance_at) WHERE maintenance_at IS NOT NULL;

-- The time at which maintenance is due if there is something to do now: not sooner if a message is on its way already.
CREATE FUNCTION maintenance_soon(planned timestamptz) RETURNS timestamptz
    LANGUAGE sql STABLE
    AS $$ SELECT CASE WHEN planned <= now() + interval '20 minutes' THEN planned ELSE now() END $$;
GRANT EXECUTE ON FUNCTION maintenance_soon(timestamptz) TO dynrag_app;

CREATE POLICY definer_maintenance ON index_versions FOR UPDATE TO dynrag_definer USING (true) WITH CHECK (true);
GRANT UPDATE ON index_versions TO dynrag_definer;
-- Tables that exist get their index one after the other.
SET LOCAL ROLE dynrag_definer;
UPDATE index_versions SET maintenance_at = now() + random() * interval '2 hours'
WHERE table_name = 'chunks' AND lance_version > 0;
RESET ROLE;

GRANT CREATE ON SCHEMA public TO dynrag_definer;
-- Customers whose tables are due for maintenance. A message that is lost is sent again after the longest run.
CREATE FUNCTION sweep_maintenance(most integer) RETURNS TABLE (customer_id uuid)
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
    WITH due AS (
        SELECT i.customer_id, i.table_name FROM index_versions i
        WHERE i.maintenance_at <= now()
        ORDER BY i.maintenance_at LIMIT most FOR UPDATE SKIP LOCKED
    )
    UPDATE index_versions i SET maintenance_at = now() + interval '20 minutes'
    FROM due WHERE (i.customer_id, i.table_name) = (due.customer_id, due.table_name)
    RETURNING i.customer_id
    $$;
ALTER FUNCTION sweep_maintenance(integer) OWNER TO dynrag_definer;
REVOKE CREATE ON SCHEMA public FROM dynrag_definer;
GRANT EXECUTE ON FUNCTION sweep_maintenance(integer) TO dynrag_app;
