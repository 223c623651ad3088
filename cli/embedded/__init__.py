"""The whole product on one machine out of wheels: a broker, PostgreSQL, the API, the workers."""
