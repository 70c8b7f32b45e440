import Testing

/// Whole migrations with the real binary and real databases.
@Suite enum EndToEnd {}
