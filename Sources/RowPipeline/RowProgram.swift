/// What turns a row of the source's binary COPY into a row of the target's, as plain data.
///
/// `Catalog` compiles it from the plan and both catalogs; it travels to the workers as JSON and is made executable
/// by `RowTransformer`. Bytes of constants are the target type's binary form, as the target itself printed them.
package struct RowProgram: Codable, Sendable, Equatable {
    /// The columns of the source SELECT, in order.
    package var inputs: [InputColumn]
    /// The columns of the target's COPY, in order.
    package var outputs: [OutputColumn]
    /// The input that holds the key, an `int8`, never NULL.
    package var keyInput: Int
    /// The input (text) that names the row check which the row failed; NULL when it passed all; nil without checks.
    package var checkInput: Int?

    package init(inputs: [InputColumn], outputs: [OutputColumn], keyInput: Int, checkInput: Int?) {
        self.inputs = inputs
        self.outputs = outputs
        self.keyInput = keyInput
        self.checkInput = checkInput
    }
}

extension RowProgram {
    /// A column of the source SELECT.
    package struct InputColumn: Codable, Sendable, Equatable {
        package var name: String
        /// OID of the built-in base type in which the source sends it.
        package var type: UInt32

        package init(name: String, type: UInt32) {
            self.name = name
            self.type = type
        }
    }

    /// A column of the target's COPY.
    package struct OutputColumn: Codable, Sendable, Equatable {
        package var name: String
        package var operation: ColumnOperation
        /// False: a NULL here rejects the row with reason `null_value`.
        package var isNullable: Bool
        package var isPersonal: Bool

        package init(name: String, operation: ColumnOperation, isNullable: Bool, isPersonal: Bool) {
            self.name = name
            self.operation = operation
            self.isNullable = isNullable
            self.isPersonal = isPersonal
        }
    }
}

extension RowProgram {
    /// The entities whose presence or UUIDs its references ask for.
    package var referencedEntities: Set<String> {
        var entities: Set<String> = []
        for output in self.outputs {
            switch output.operation {
            case .reference(let reference): entities.formUnion(reference.alternatives.map(\.entity))
            case .json(let json): entities.formUnion(json.references.map(\.entity))
            case .copy, .convert, .constant, .uuid, .map: break
            }
        }
        return entities
    }
}
