"""What all tables share. Times are microseconds since 1970; sealed and hashed columns are bytes."""

from sqlalchemy import BigInteger, MetaData, Text
from sqlalchemy.dialects import postgresql

metadata = MetaData()

# Compared byte by byte on both databases, so that keysets and sorts agree.
Key = Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
Time = BigInteger
