import RowPipeline

/// The columns of an entity's SELECT as they are collected; the same expression is read once.
struct ProgramInputs {
    private(set) var columns: [RowProgram.InputColumn] = []
    private(set) var expressions: [String] = []
    /// The same for a session whose time zone is that of the source's times; nil where that is not certain.
    private(set) var inSessionZone: [String?] = []
    private var indices: [String: Int] = [:]

    /// The place of an expression among the columns.
    mutating func index(of expression: String, name: String, type: UInt32, inSessionZone: String?) -> Int {
        if let index = self.indices[expression] { return index }
        self.indices[expression] = self.columns.count
        self.columns.append(RowProgram.InputColumn(name: name, type: type))
        self.expressions.append(expression)
        self.inSessionZone.append(inSessionZone)
        return self.columns.count - 1
    }
}
