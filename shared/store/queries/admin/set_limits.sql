-- $1 and $2 the administrator, $3 customer, $4 requests a minute, $5 a day, $6 documents, $7 largest file;
-- null leaves one as it is
SELECT admin_set_limits($1, $2, $3, $4, $5, $6, $7) AS done
