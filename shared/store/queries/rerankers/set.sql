-- $1 customer, $2 URL, $3 model, $4 billionths of a dollar for a thousand searches (null: not known)
INSERT INTO rerankers (customer_id, url, model, nano_usd_per_thousand_searches) VALUES ($1, $2, $3, $4)
ON CONFLICT (customer_id) DO UPDATE SET url = excluded.url, model = excluded.model,
    nano_usd_per_thousand_searches = excluded.nano_usd_per_thousand_searches
