-- The tenant's lock and its commit point. $1 customer
SELECT lance_version, segments FROM index_versions WHERE customer_id = $1 AND table_name = 'chunks' FOR UPDATE
