-- $1 customer, $2 purpose
SELECT wrapped_data_key, version, nonce, ciphertext FROM read_secrets($1, $2)
