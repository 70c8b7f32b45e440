/// Checks a `RowProgram` and lays it out for execution.
struct ProgramCompiler {
    private let program: RowProgram
    private let identities: [String: EntityIdentity]
    private let environment: TransformEnvironment

    private(set) var steps: [CompiledStep] = []
    private(set) var parents: [ParentEntity] = []
    private(set) var references: [CompiledReference] = []
    /// Those of all references, one after the other.
    private(set) var alternatives: [CompiledReference.Alternative] = []
    private(set) var maps: [CompiledMap] = []
    private(set) var documents: [CompiledJSON] = []
    private(set) var scanners: [JSONReferenceScanner] = []
    private(set) var constants: [[UInt8]] = []

    init(
        program: RowProgram,
        identities: [String: EntityIdentity],
        environment: TransformEnvironment
    ) throws(RowPipelineError) {
        self.program = program
        self.identities = identities
        self.environment = environment
        try self.check(input: program.keyInput)
        if let input = program.checkInput { try self.check(input: input) }
        guard program.inputs.count < 0x7fff, program.outputs.count < 0x7fff else {
            throw RowPipelineError(.invalidProgram, "a row cannot have more than 32766 fields")
        }
        for output in program.outputs {
            self.steps.append(try self.compile(output.operation))
        }
    }

    private mutating func compile(_ operation: ColumnOperation) throws(RowPipelineError) -> CompiledStep {
        switch operation {
        case .copy(let input):
            return .copy(input: try self.check(input: input))
        case .convert(let input, .text(let maximum, let truncates)):
            return .text(input: try self.check(input: input), maximum: maximum, truncates: truncates)
        case .convert(let input, let conversion):
            return .convert(input: try self.check(input: input), conversion)
        case .constant(let value):
            self.constants.append(CompiledStep.field(value))
            return .constant(self.constants.count - 1)
        case .uuid(let input, let entity, let asText):
            return try self.compileUUID(try self.check(input: input), entity, asText)
        case .reference(let reference):
            return try self.compile(reference)
        case .map(let map):
            try self.check(input: map.input)
            self.maps.append(CompiledMap(map))
            return .map(self.maps.count - 1)
        case .json(let json):
            return try self.compile(json)
        }
    }

    private mutating func compileUUID(
        _ input: Int,
        _ entity: String,
        _ asText: Bool
    ) throws(RowPipelineError) -> CompiledStep {
        let identity = try self.identity(of: entity)
        guard entity == self.environment.entity, input == self.program.keyInput else {
            return .uuid(input: input, parent: try self.parent(entity, identity), asText: asText)
        }
        if identity.owner == entity, !self.environment.rowsExist {
            if case .v4 = identity.strategy { return .generated(isTimeOrdered: false, asText: asText) }
            if case .v7 = identity.strategy { return .generated(isTimeOrdered: true, asText: asText) }
            if case .stored = identity.strategy {
                return .stored(input: input, parent: try self.parent(entity, identity), asText: asText)
            }
        }
        // The own table does not have the row yet; under `same_as` the owner's table has its UUID, or must have it.
        if identity.owner != entity, !self.environment.rowsExist {
            let parent = try self.parent(of: identity.owner, needsState: true)
            return .shared(input: input, parent: parent, asText: asText)
        }
        return .uuid(input: input, parent: try self.parent(identity.owner, identity), asText: asText)
    }

    private mutating func compile(_ reference: ReferenceOperation) throws(RowPipelineError) -> CompiledStep {
        let start = self.alternatives.count
        for alternative in reference.alternatives {
            let parent = try self.parent(of: alternative.entity, needsState: !reference.isUnchecked)
            var condition = -1
            if let input = alternative.condition { condition = try self.check(input: input) }
            self.alternatives.append(
                .init(parent: parent, input: try self.check(input: alternative.input), condition: condition)
            )
        }
        self.references.append(
            CompiledReference(
                alternatives: start..<self.alternatives.count,
                onOrphan: reference.onOrphan,
                isUnchecked: reference.isUnchecked
            )
        )
        return .reference(self.references.count - 1)
    }

    private mutating func compile(_ json: JSONOperation) throws(RowPipelineError) -> CompiledStep {
        guard json.references.count <= 64 else {
            throw RowPipelineError(.invalidProgram, "a JSON column cannot have more than 64 paths with ids")
        }
        var embedded: [CompiledJSON.Embedded] = []
        for reference in json.references {
            let parent = try self.parent(of: reference.entity, needsState: true)
            embedded.append(.init(parent: parent, onOrphan: reference.onOrphan))
        }
        self.documents.append(
            CompiledJSON(
                input: try self.check(input: json.input),
                isBinary: json.isBinary,
                onInvalid: json.onInvalid,
                embedded: embedded
            )
        )
        self.scanners.append(JSONReferenceScanner(paths: json.references.map { $0.path }))
        return .json(self.documents.count - 1)
    }

    private mutating func parent(of entity: String, needsState: Bool) throws(RowPipelineError) -> Int {
        let index = try self.parent(entity, try self.identity(of: entity))
        if needsState && !self.parents[index].isLookedUp && self.environment.parents[entity] == nil {
            throw RowPipelineError(.invalidProgram, "the presence set of \(entity) is missing")
        }
        return index
    }

    private mutating func parent(_ name: String, _ identity: EntityIdentity) throws(RowPipelineError) -> Int {
        if let index = self.parents.firstIndex(where: { $0.name == name }) { return index }
        self.parents.append(
            try ParentEntity(
                name: name,
                identity: identity,
                state: self.environment.parents[name] ?? .init(),
                lookupCapacity: self.environment.lookupCapacity
            )
        )
        return self.parents.count - 1
    }

    private func identity(of entity: String) throws(RowPipelineError) -> EntityIdentity {
        guard let identity = self.identities[entity] else {
            throw RowPipelineError(.invalidProgram, "the identity of \(entity) is missing")
        }
        return identity
    }

    @discardableResult
    private func check(input: Int) throws(RowPipelineError) -> Int {
        guard self.program.inputs.indices.contains(input) else {
            throw RowPipelineError(.invalidProgram, "the program names input \(input) of \(self.program.inputs.count)")
        }
        return input
    }
}
