-- The weight of the vectors in hybrid searches of a collection, unless a search gives its own. Null: decided by query.
ALTER TABLE collections ADD COLUMN alpha double precision CHECK (alpha BETWEEN 0 AND 1);
