package import RowPipeline

/// The second pass of an entity whose deferred references stayed NULL in the first.
package struct FillPass: Codable, Sendable, Equatable {
    /// Its outputs are the row's UUID and then the deferred columns.
    package var program: RowProgram
    package var select: SourceSelect
    /// The deferred columns with their base types, as `stagingColumns` of the entity.
    package var columns: [StagingColumn]

    package init(program: RowProgram, select: SourceSelect, columns: [StagingColumn]) {
        self.program = program
        self.select = select
        self.columns = columns
    }
}
