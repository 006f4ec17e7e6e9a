-- $1 customer, $2 invitation
DELETE FROM invitations WHERE customer_id = $1 AND id = $2 RETURNING id
