extension RowTransformer {
    /// The reject for a field's verdict; throws where the stream or the plan says that nothing may go on.
    func reject(
        _ key: Int64,
        _ column: Int,
        _ verdict: FieldVerdict,
        _ input: RawSpan
    ) throws(RowPipelineError) -> RejectedRow {
        let output = self.program.outputs[column]
        switch verdict {
        case .stop:
            throw RowPipelineError(
                .orphan,
                "row \(key): \(output.name) refers to \(self.parents[self.culprit.parent].name)"
                    + (output.isPersonal ? "" : " \(self.culprit.id)")
                    + ", which is not in the target (on_orphan: fail)"
            )
        case .malformed:
            throw RowPipelineError(
                .malformedStream,
                "row \(key): the value for \(output.name) does not have the length of its type"
            )
        default:
            break
        }
        return RejectedRow(
            key: key,
            column: column,
            reason: verdict.reason ?? .nullValue,
            detail: self.detail(column, verdict, input),
            parent: self.missingParent(column, verdict)
        )
    }

    private func missingParent(_ column: Int, _ verdict: FieldVerdict) -> RejectedRow.Parent? {
        guard verdict == .orphan || verdict == .pending else { return nil }
        let isPersonal = self.program.outputs[column].isPersonal
        return RejectedRow.Parent(
            entity: self.parents[self.culprit.parent].name,
            key: isPersonal ? nil : self.culprit.id
        )
    }

    private func detail(_ column: Int, _ verdict: FieldVerdict, _ input: RawSpan) -> String {
        let isPersonal = self.program.outputs[column].isPersonal
        switch verdict {
        case .orphan, .pending:
            let parent = self.parents[self.culprit.parent].name
            return isPersonal ? parent : "\(parent) \(self.culprit.id)"
        case .unmapped, .invalidValue:
            return isPersonal ? "" : self.quoted(column, input)
        case .outOfRange:
            return self.limit(column, isPersonal: isPersonal, input)
        case .tooLong:
            guard case .text(_, let maximum, _) = self.steps[column] else { return "" }
            return "more than \(maximum) characters"
        case .invalidJSON:
            guard case .json(let index) = self.steps[column] else { return "" }
            let size = "\(self.reader.fields[self.documents[index].input].length) bytes of text"
            return self.checker.isTooDeep ? "\(size), nested deeper than \(self.checker.maximumDepth) levels" : size
        case .value, .null, .stop, .malformed:
            return ""
        }
    }

    private func limit(_ column: Int, isPersonal: Bool, _ input: RawSpan) -> String {
        switch self.steps[column] {
        case .convert(let index, .int8ToInt4), .convert(let index, .int8ToInt2):
            let field = self.reader.fields[index]
            return isPersonal ? "" : "\(input.integer(field.start, as: Int64.self))"
        case .convert(_, .numeric(let precision, let scale)):
            return "numeric(\(precision),\(scale))"
        case .convert(_, .microseconds(let decimals)):
            return "\(decimals) decimals of a second"
        default:
            return isPersonal ? "" : "\(self.culprit.id) is beyond 48 bits"
        }
    }

    /// The beginning of the source text, quoted.
    private func quoted(_ column: Int, _ input: RawSpan) -> String {
        let index: Int
        switch self.steps[column] {
        case .map(let map): index = self.maps[map].input
        case .convert(let input, _): index = input
        default: return ""
        }
        let field = self.reader.fields[index]
        guard !field.isNull else { return "\"\"" }
        // Far more than is shown, and little of a value of megabytes.
        let end = field.start + min(field.length, 1024)
        let text = String(decoding: (field.start..<end).map { input.byte($0) }, as: UTF8.self)
        return "\"\(text.prefix(60))\"" + (field.length > 1024 || text.count > 60 ? "…" : "")
    }
}
