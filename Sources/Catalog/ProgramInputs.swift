import RowPipeline

/// The columns of an entity's SELECT as they are collected; the same expression is read once.
struct ProgramInputs {
    private(set) var columns: [RowProgram.InputColumn] = []
    private(set) var expressions: [String] = []
    private var indices: [String: Int] = [:]

    /// The place of an expression among the columns.
    mutating func index(of expression: String, name: String, type: UInt32) -> Int {
        if let index = self.indices[expression] { return index }
        self.indices[expression] = self.columns.count
        self.columns.append(RowProgram.InputColumn(name: name, type: type))
        self.expressions.append(expression)
        return self.columns.count - 1
    }
}
