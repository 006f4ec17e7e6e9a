-- Whether connections of others' hands have events waiting. $1 customer, $2 connections that this transaction has
SELECT EXISTS (
    SELECT FROM connections c
    WHERE c.customer_id = $1 AND c.id <> ALL ($2)
      AND EXISTS (SELECT FROM pushes p WHERE p.customer_id = c.customer_id AND p.connection_id = c.id)) AS others
