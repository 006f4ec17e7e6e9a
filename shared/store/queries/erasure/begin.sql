-- $1 customer
SELECT begin_erasure($1) AS begun
