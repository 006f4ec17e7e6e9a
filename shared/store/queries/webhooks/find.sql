-- $1 id
SELECT customer_id, name, token_hashes, wrapped_data_key, versions, nonces, ciphertexts, collection_id FROM find_webhook($1)
