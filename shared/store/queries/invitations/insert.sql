-- Repeated for the same address: another role, another week. $1 customer, $2 invitation, $3 e-mail, folded, $4 role, $5
-- inviting user, $6 hours until it expires
INSERT INTO invitations AS i (customer_id, id, email, role, invited_by, expires_at)
VALUES ($1, $2, $3, $4, $5, now() + make_interval(hours => $6))
ON CONFLICT (customer_id, email) DO UPDATE
    SET role = excluded.role, invited_by = excluded.invited_by, expires_at = excluded.expires_at
RETURNING id, email, role, 'invited' AS status, NULL::timestamptz AS email_verified_at,
          NULL::timestamptz AS last_login_at, created_at
