/// How one output field is made from the input fields.
///
/// `input` is an index into `RowProgram.inputs`.
package enum ColumnOperation: Codable, Sendable, Equatable {
    /// The bytes as they came; NULL stays NULL.
    case copy(input: Int)
    /// The bytes after a conversion that can refuse a value.
    case convert(input: Int, Conversion)
    case constant([UInt8]?)
    /// The row's own UUID, or the UUID of (entity, id) without a look at whether that row exists.
    case uuid(input: Int, entity: String, asText: Bool)
    case reference(ReferenceOperation)
    case map(MapOperation)
    case json(JSONOperation)
}

/// A conversion of a field's bytes; a value that does not fit rejects the row.
package enum Conversion: Codable, Sendable, Equatable {
    /// Text of at most so many characters; reason `too_long`, or cut there.
    case text(maximumCharacters: Int, truncates: Bool)
    /// int8 → int4; reason `out_of_range`.
    case int8ToInt4
    /// int8 → int2; reason `out_of_range`.
    case int8ToInt2
    /// numeric that must fit numeric(precision, scale) without rounding; reason `out_of_range`.
    case numeric(precision: Int, scale: Int)
    /// Microseconds (timestamp, timestamptz, time) that must fit that many decimals; reason `out_of_range`.
    case microseconds(decimals: Int)
    /// Text → int8, int4, int2 as PostgreSQL's input functions read it; reason `invalid_value`.
    case textToInteger(bytes: Int)
    /// Text → bool as PostgreSQL's boolin reads it; reason `invalid_value`.
    case textToBool
    /// Text → uuid as PostgreSQL's uuid_in reads it; reason `invalid_value`.
    case textToUUID
    /// Text → date, ISO 8601 only (YYYY-MM-DD, infinity, -infinity); reason `invalid_value`.
    case textToDate
    /// The element type's OID in an array's header becomes this one (arrays of enums and domains).
    case arrayElementType(UInt32)
}

/// What becomes of a row whose parent is absent, compiled form of the plan's orphan policy.
package enum OrphanAction: Codable, Sendable, Equatable {
    case reject
    case null
    case placeholder(Int64)
    case fail
}

/// A reference to rows of other entities.
package struct ReferenceOperation: Codable, Sendable, Equatable {
    /// Tried in order; the first whose condition holds (or has none) decides.
    ///
    /// None holds: NULL.
    package var alternatives: [Alternative]
    package var onOrphan: OrphanAction
    /// Filled with the UUID even though the parent may be absent, for columns checked later; false normally.
    package var isUnchecked: Bool

    /// One of the entities that a polymorphic reference may point at.
    package struct Alternative: Codable, Sendable, Equatable {
        package var entity: String
        /// The input with the parent's id, an int8; NULL makes the column NULL.
        package var input: Int
        /// A bool input; the alternative applies where it is true.
        package var condition: Int?

        package init(entity: String, input: Int, condition: Int?) {
            self.entity = entity
            self.input = input
            self.condition = condition
        }
    }

    package init(alternatives: [Alternative], onOrphan: OrphanAction, isUnchecked: Bool = false) {
        self.alternatives = alternatives
        self.onOrphan = onOrphan
        self.isUnchecked = isUnchecked
    }
}

/// A look-up of a text among the plan's values.
package struct MapOperation: Codable, Sendable, Equatable {
    /// A text input.
    package var input: Int
    package var entries: [Entry]
    package var otherwise: Otherwise
    /// The field for a NULL input; nil is NULL.
    package var null: [UInt8]?

    /// A text and what it becomes.
    package struct Entry: Codable, Sendable, Equatable {
        package var key: String
        /// The target's binary form; nil is NULL.
        package var value: [UInt8]?

        package init(key: String, value: [UInt8]?) {
            self.key = key
            self.value = value
        }
    }

    /// What a text becomes that is not listed.
    package enum Otherwise: Codable, Sendable, Equatable {
        case reject
        case value([UInt8]?)
    }

    package init(input: Int, entries: [Entry], otherwise: Otherwise, null: [UInt8]?) {
        self.input = input
        self.entries = entries
        self.otherwise = otherwise
        self.null = null
    }
}

/// A text that must be JSON, ids inside it translated.
package struct JSONOperation: Codable, Sendable, Equatable {
    /// A text input.
    package var input: Int
    /// True for `jsonb` (a version byte precedes the text), false for `json`.
    package var isBinary: Bool
    package var onInvalid: InvalidAction
    package var references: [EmbeddedReference]

    /// What becomes of a text that is no JSON.
    package enum InvalidAction: String, Codable, Sendable, Equatable {
        case null
        case reject
        case repair
        case wrap
    }

    /// Ids inside the document that refer to rows of an entity.
    package struct EmbeddedReference: Codable, Sendable, Equatable {
        /// Member names; an element `[*]` means every element of an array.
        package var path: [String]
        package var entity: String
        package var onOrphan: OrphanAction

        package init(path: [String], entity: String, onOrphan: OrphanAction) {
            self.path = path
            self.entity = entity
            self.onOrphan = onOrphan
        }
    }

    package init(input: Int, isBinary: Bool, onInvalid: InvalidAction, references: [EmbeddedReference]) {
        self.input = input
        self.isBinary = isBinary
        self.onInvalid = onInvalid
        self.references = references
    }
}
