/// For parents whose UUIDs only the target knows: the worker asks for a batch's ids, runs one query per entity, answers.
extension RowTransformer {
    /// Whether the program refers to entities whose UUIDs have to be looked up.
    package var needsLookups: Bool {
        self.parents.contains { $0.isLookedUp }
    }

    /// Adds the distinct ids of a batch that are not in memory, by entity; call it before `transform` with the same input.
    ///
    /// For the own entity (`stored`) and the owner of a `same_as` chain the name is the owner's.
    package mutating func collectLookups(
        _ input: RawSpan,
        into lookups: inout [String: [Int64]]
    ) throws(RowPipelineError) {
        for index in self.parents.indices { self.parents[index].cache.beginBatch() }
        var wanted: [Set<Int64>] = Array(repeating: [], count: self.parents.count)
        let before = self.reader
        var position = 0
        do throws(RowPipelineError) {
            while try self.reader.next(input, &position) { self.collectRow(input, &wanted) }
        } catch {
            self.reader = before
            throw error
        }
        self.reader = before
        for (index, ids) in wanted.enumerated() where !ids.isEmpty {
            lookups[self.parents[index].name, default: []] += ids.sorted()
        }
    }

    /// What the target said: ids with their UUIDs, and the ids it has no row for.
    package mutating func addLookups(
        _ entity: String,
        found: [(id: Int64, uuid: UUIDValue)],
        absent: [Int64] = []
    ) {
        guard let index = self.parents.firstIndex(where: { $0.name == entity }) else { return }
        for (id, uuid) in found { self.parents[index].cache.add(id, uuid) }
        for id in absent { self.parents[index].cache.addAbsent(id) }
    }

    /// How often an id was already in memory, and how often it had to be looked up, since the transformer was made.
    package var lookupStatistics: (hits: Int, misses: Int) {
        self.parents.reduce(into: (0, 0)) {
            $0.0 += $1.cache.hits
            $0.1 += $1.cache.misses
        }
    }

    private mutating func collectRow(_ input: RawSpan, _ wanted: inout [Set<Int64>]) {
        for step in self.steps {
            switch step {
            case .uuid(let index, let parent, _), .stored(let index, let parent, _), .shared(let index, let parent, _):
                self.want(parent, self.id(index, input), &wanted)
            case .reference(let index):
                self.collectReference(self.references[index], input, &wanted)
            case .json(let index) where self.documents[index].embedded.contains { self.parents[$0.parent].isLookedUp }:
                self.collectDocument(index, input, &wanted)
            default:
                continue
            }
        }
    }

    private mutating func collectReference(
        _ reference: CompiledReference,
        _ input: RawSpan,
        _ wanted: inout [Set<Int64>]
    ) {
        let alternatives = self.alternatives[reference.alternatives]
        guard let chosen = alternatives.first(where: { self.holds($0.condition, input) }) else { return }
        self.want(chosen.parent, self.id(chosen.input, input), &wanted)
        if case .placeholder(let id) = reference.onOrphan { self.want(chosen.parent, id, &wanted) }
    }

    private mutating func collectDocument(_ index: Int, _ input: RawSpan, _ wanted: inout [Set<Int64>]) {
        let document = self.documents[index]
        let field = self.reader.fields[document.input]
        guard !field.isNull else { return }
        let dialect: JSONChecker.Dialect = document.isBinary ? .jsonb : .json
        let text = Self.bytes(field, of: input)
        if self.checker.accepts(text, as: dialect) {
            self.scanners[index].scan(text)
        } else {
            guard document.onInvalid == .repair, self.repair.mend(text) else { return }
            var mended = UnsafeByteBuffer(capacity: 0)
            self.repair.exchangeOutput(with: &mended)
            let isValid = self.checker.accepts(mended.bytes, as: dialect)
            if isValid { self.scanners[index].scan(mended.bytes) }
            self.repair.exchangeOutput(with: &mended)
            guard isValid else { return }
        }
        for occurrence in self.scanners[index].occurrences {
            let embedded = document.embedded[occurrence.reference]
            self.want(embedded.parent, occurrence.id, &wanted)
            if case .placeholder(let id) = embedded.onOrphan { self.want(embedded.parent, id, &wanted) }
        }
    }

    private func id(_ index: Int, _ input: RawSpan) -> Int64? {
        let field = self.reader.fields[index]
        return field.length == 8 ? input.integer(field.start, as: Int64.self) : nil
    }

    private mutating func want(_ parent: Int, _ id: Int64?, _ wanted: inout [Set<Int64>]) {
        guard let id, self.parents[parent].isLookedUp, !wanted[parent].contains(id) else { return }
        if !self.parents[parent].cache.touch(id) { wanted[parent].insert(id) }
    }
}
