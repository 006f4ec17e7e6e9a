-- $1 customer, $2 invitation
SELECT i.email, i.role, c.company_name, u.email AS invited_by
FROM invitations i
JOIN customers c ON c.id = i.customer_id
LEFT JOIN users u ON (u.customer_id, u.id) = (i.customer_id, i.invited_by)
WHERE i.customer_id = $1 AND i.id = $2 AND i.expires_at > now() AND c.status = 'active'
