-- $1 customer, $2 key, $3 collections
INSERT INTO api_key_collections (customer_id, api_key_id, collection_id) SELECT $1, $2, unnest($3::uuid[])
