-- Adds pages that the crawl has found, up to its maximum. $1 customer, $2 job, $3 hashes, $4 urls, $5 maximum
WITH met AS (SELECT count(*) AS pages FROM crawl_pages WHERE customer_id = $1 AND job_id = $2),
new AS (
    SELECT t.hash, t.url, row_number() OVER (ORDER BY t.ordinal) AS n
    FROM unnest($3::bytea[], $4::text[]) WITH ORDINALITY AS t (hash, url, ordinal)
    WHERE NOT EXISTS (SELECT 1 FROM crawl_pages p WHERE p.customer_id = $1 AND p.job_id = $2 AND p.url_hash = t.hash)
)
INSERT INTO crawl_pages (customer_id, job_id, url_hash, url, position)
SELECT $1, $2, new.hash, new.url, met.pages + new.n FROM new, met
WHERE met.pages + new.n <= $5
ON CONFLICT DO NOTHING
