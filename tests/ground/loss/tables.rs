//! Tables: what is read, and one clear sentence for everything that is wrong with a file.
#![allow(clippy::unwrap_used)] // in tests a broken expectation should fail loudly

use std::io::Write;

use shadowflow::loss::{Table, TableError};

fn read(text: &str) -> Result<Table, TableError> {
    Table::from_reader(text.as_bytes(), "data.csv", "y")
}

fn message(text: &str) -> String {
    read(text).err().unwrap().to_string()
}

#[test]
fn columns_are_standardised_and_the_target_is_kept_apart() {
    let table = read("a, y ,b\n1,10,5\n2,20,5.5\n\n3,60,-1e2\n").unwrap();
    assert_eq!((table.rows(), table.target()), (3, "y"));
    assert_eq!(table.features(), ["a", "b"]);
    assert_eq!(table.inputs().shape(), (3, 2));
    let unit = 1.5_f64.sqrt(); // 1, 2, 3 has the variance 2/3
    assert!((table.inputs().column(0)[0] + unit).abs() < 1e-15);
    for column in table.inputs().column_iter().chain([table.targets().column(0)]) {
        assert!(column.mean().abs() < 1e-15 && (column.norm_squared() / 3.0 - 1.0).abs() < 1e-14);
    }
    // 10, 20, 60: mean 30, variance 1400/3.
    assert!((table.targets()[2] - 30.0 / (1400.0_f64 / 3.0).sqrt()).abs() < 1e-14);
}

#[test]
fn huge_and_tiny_columns_are_standardised_too() {
    let table = read("a,y\n1e300,1e-300\n-1e308,2e-300\n5e307,4e-300\n").unwrap();
    for column in [table.inputs().column(0), table.targets().column(0)] {
        assert!((column.norm_squared() / 3.0 - 1.0).abs() < 1e-14, "{column}");
    }
}

#[test]
fn every_fault_of_a_file_is_named_with_its_place() {
    let faults = [
        ("", "data.csv: the file is empty"),
        ("a,y\n", "no row"),
        (
            "a,y\n1,2\n3\n",
            "data.csv, line 3: the number of cells is 1, but the header names 2 columns",
        ),
        ("a,y\n1,2\n3,4,5\n", "data.csv, line 3: the number of cells is 3"),
        ("a,y\n1,2\n\n3,x4\n", "data.csv, line 4, column 'y': 'x4' is not a finite number"),
        ("a,y\r\n1,2\r\n3,x4\r\n", "data.csv, line 3, column 'y': 'x4'"),
        ("a,y\n1,2\nnan,4\n", "data.csv, line 3, column 'a': 'nan' is not a finite number"),
        ("a,y\n1,2\n1e999,4\n", "line 3, column 'a': '1e999' is not a finite number"),
        ("a,y\n1,2\n,4\n", "line 3, column 'a': '' is not a finite number"),
        ("a,y\n0.1,2\n0.1,3\n0.1,4\n", "column 'a': every row has the value 0.1"),
        ("a,y\n1,2\n", "data.csv: there is only one row"),
        ("a,y\n1,2\n2,2\n", "data.csv: the target 'y' has the value 2.0 in every row"),
        ("a;y\n1;2\n\n3;4,5\n", "data.csv, line 4, column 'y': '4,5' is not a finite number"),
        (
            "# from a sensor\na y\n# cold\n\n  1   2\n3\n",
            "data.csv, line 6: the number of cells is 1",
        ),
        ("a,b\n1,2\n3,4\n", "there is no target column 'y'; its columns are a, b"),
        ("y\n1\n2\n", "the target 'y' is the only column"),
        ("a,a,y\n1,2,3\n2,3,4\n", "two columns are named 'a'"),
    ];
    for (text, expected) in faults {
        let message = message(text);
        assert!(message.contains(expected), "{text:?} gave: {message}");
    }
}

#[test]
fn an_unknown_target_suggests_the_nearest_column() {
    let text = "sepal_length,petal_width,species\n1,2,0\n2,1,1\n";
    let error = Table::from_reader(text.as_bytes(), "iris.csv", "specie").err().unwrap();
    let message = error.to_string();
    assert!(message.contains("did you mean 'species'?"), "{message}");
    let error = Table::from_reader(text.as_bytes(), "iris.csv", "yield").err().unwrap();
    let message = error.to_string();
    assert!(message.contains("its columns are sepal_length, petal_width, species"), "{message}");
}

#[test]
fn text_that_is_not_utf_8_is_turned_down() {
    let bytes: &[u8] = b"a,y\n1,2\n\xff\xfe,3\n";
    let error = Table::from_reader(bytes, "data.csv", "y").err().unwrap();
    assert!(error.to_string().starts_with("data.csv, line 3: "), "{error}");
}

#[test]
fn files_are_read_and_missing_ones_named() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    write!(file, "a,y\r\n1,2\r\n4,3\r\n").unwrap();
    assert_eq!(Table::read(file.path(), "y").unwrap().rows(), 2);
    let folder = Table::read(std::env::temp_dir(), "y").err().unwrap().to_string();
    assert!(folder.contains("cannot read the table"), "{folder}");
    let error = Table::read("no/such/table.csv", "y").err().unwrap().to_string();
    assert!(error.contains("cannot read the table 'no/such/table.csv'"), "{error}");
}

#[test]
fn the_irises_are_fishers() {
    let iris = Table::iris().unwrap();
    assert_eq!((iris.rows(), iris.features().len()), (150, 4));
    // Columns as the paper orders them; the first row is the setosa 5.1, 3.5, 1.4, 0.2.
    assert_eq!(iris.features(), ["sepal_length", "sepal_width", "petal_length", "petal_width"]);
    // The overall correlation of petal length and width is known to be 0.9629.
    let correlation = iris.inputs().column(2).dot(&iris.inputs().column(3)) / 150.0;
    assert!((correlation - 0.9629).abs() < 5e-5, "{correlation}");
    let pair = Table::iris_pair().unwrap();
    let (low, high): (Vec<f64>, Vec<f64>) = pair.targets().iter().partition(|&&y| y < 0.0);
    assert_eq!((pair.rows(), low.len(), high.len()), (100, 50, 50));
}

#[test]
fn spread_rows_are_even_and_in_order() {
    let iris = Table::iris().unwrap();
    let some = iris.take_spread(24);
    assert_eq!(some.rows(), 24);
    for species in 0..3 {
        let value = iris.targets()[50 * species];
        assert_eq!(some.targets().iter().filter(|&&y| (y - value).abs() < 1e-9).count(), 8);
    }
    assert_eq!((iris.take_spread(1000).rows(), iris.take_spread(0).rows()), (150, 1));
}

#[test]
fn groups_deal_every_row_once_and_depend_on_the_seed_alone() {
    let table = Table::iris().unwrap().take_spread(11);
    let groups = table.groups(3, 5).unwrap();
    assert_eq!(groups.iter().map(Vec::len).collect::<Vec<_>>(), [4, 4, 3]);
    let mut rows = groups.concat();
    rows.sort_unstable();
    assert_eq!(rows, (0..11).collect::<Vec<_>>());
    assert_eq!(groups, table.groups(3, 5).unwrap());
    assert_ne!(groups, table.groups(3, 6).unwrap());
    let none = table.groups(0, 5).err().unwrap().to_string();
    assert!(none.contains("cannot be dealt into 0 minibatches"), "{none}");
    let many = table.groups(12, 5).err().unwrap().to_string();
    assert!(many.contains("11 rows cannot be dealt into 12 minibatches"), "{many}");
}

#[test]
fn halves_share_no_row_and_leave_none_out() {
    let whole = Table::iris().unwrap();
    let (even, odd) = whole.halves();
    assert_eq!((even.rows(), odd.rows()), (75, 75));
    for row in 0..whole.rows() {
        let half = if row % 2 == 0 { &even } else { &odd };
        assert_eq!(whole.inputs().row(row), half.inputs().row(row / 2), "{row}");
        assert!((whole.targets()[row] - half.targets()[row / 2]).abs() < 1e-15);
    }
}

#[test]
fn semicolons_tabs_blanks_and_comments_are_understood_and_said() {
    let known = read("a,y\n1,2\n3,5\n4,4\n").unwrap();
    assert!(known.notes().is_empty());
    for (text, notes) in [
        ("a;y\n1;2\n3;5\n4;4\n", &["separated by semicolons"][..]),
        ("a\ty\n1\t2\n3\t5\n4\t4\n", &["separated by tabs"]),
        ("  a   y\r\n 1 2 \r\n3\t 5\r\n4   4\r\n", &["separated by blanks"]),
        ("# cold\na,y\n1,2\n#warm\n3,5\n4,4\n", &["2 lines that begin with #"]),
        ("#\na;y\n1;2\n3;5\n4;4", &["semicolons", "1 line that begins with #"]),
    ] {
        let table = read(text).unwrap();
        assert_eq!((table.inputs(), table.targets()), (known.inputs(), known.targets()), "{text}");
        assert_eq!(table.notes().len(), notes.len(), "{text}");
        for (note, part) in table.notes().iter().zip(notes) {
            assert!(note.contains(part), "{note}");
        }
    }
}
