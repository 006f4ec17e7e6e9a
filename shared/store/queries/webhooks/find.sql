-- $1 id
SELECT customer_id, name, token_hashes, wrapped_data_key, versions, nonces, ciphertexts FROM find_webhook($1)
