"""Moving in: groups and assets that exist in an upstream account already become a tenant's, without anybody being verified again."""
