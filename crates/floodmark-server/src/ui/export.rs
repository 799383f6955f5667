//! `export`: the rows of a statement as a file.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use floodmark_engine::Error;
use floodmark_engine::dialect::Action;
use floodmark_engine::files::{FileFormat, FileOptions, RowsFile};
use futures::{StreamExt, stream};
use http::{HeaderValue, Response, header};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;

use crate::body::ResponseBody;
use crate::limits::UI_FILE_BYTES_WAITING;
use crate::state::State;
use crate::ui::Failure;
use crate::ui::api::Asked;
use crate::ui::sql::{session, statement};
use crate::ui::work::{self, Pieces, Taker};

/// The formats: their names, which are the endings of the files as well, and their types.
const FORMATS: [(&str, FileFormat, &str); 4] = [
    ("csv", FileFormat::Csv, "text/csv; charset=utf-8"),
    ("json", FileFormat::Json, "application/json"),
    ("ndjson", FileFormat::Ndjson, "application/x-ndjson"),
    ("parquet", FileFormat::Parquet, "application/vnd.apache.parquet"),
];

/// What reads and changes nothing: a link that somebody follows must not do more.
const READING: [Action; 12] = [
    Action::Select,
    Action::Explain,
    Action::ShowDatabases,
    Action::ShowTables,
    Action::ShowViews,
    Action::ShowColumns,
    Action::ShowPartitions,
    Action::ShowCreateTable,
    Action::ShowCreateView,
    Action::ShowTableProperties,
    Action::ShowFunctions,
    Action::Describe,
];

/// A file on its way.
pub(crate) struct Download {
    name: &'static str,
    content_type: &'static str,
    pieces: Pieces,
}

/// Bytes that wait to be handed on.
#[derive(Clone, Debug, Default)]
struct Waiting(Arc<Mutex<Vec<u8>>>);

impl Write for Waiting {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Waiting {
    /// The bytes, if there are at least so many.
    fn take(&self, bytes_min: usize) -> Option<Bytes> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (waiting.len() >= bytes_min).then(|| std::mem::take(&mut *waiting).into())
    }
}

/// Answers `export`.
pub(crate) fn export(state: &Arc<State>, asked: &Asked) -> Result<Download, Failure> {
    let wanted = asked.member("format").unwrap_or_default();
    let format = FORMATS.iter().find(|(name, ..)| *name == wanted);
    let Some((name, format, content_type)) = format else {
        let names: Vec<&str> = FORMATS.iter().map(|(name, ..)| *name).collect();
        let error = Error::invalid_query(format!("`{wanted}` is no format of files"));
        return Err(error.hint(format!("one of {}", names.join(", "))).into());
    };
    let (sql, database) = (asked.member("sql").unwrap_or_default(), asked.member("database"));
    let options = FileOptions { format: *format, is_defused: true };
    let own = Arc::clone(state);
    let pieces = work::begin(state, "export", |taker| async move {
        write(&own, &sql, database.as_deref(), options, &taker).await
    });
    Ok(Download { name, content_type, pieces })
}

/// Writes the rows of a statement. The first piece is empty, and says that there are rows.
async fn write(
    state: &Arc<State>,
    sql: &str,
    database: Option<&str>,
    options: FileOptions,
    taker: &Taker,
) -> Result<(), Failure> {
    let statement = statement(sql)?;
    if !READING.contains(&statement.action()) {
        let error = Error::invalid_query("this statement gives no rows to keep");
        return Err(error.hint("files are made of `SELECT`, `SHOW` and `DESCRIBE`").into());
    }
    let session = session(state, database).await?;
    let mut query = Box::pin(session.query(statement)).await?;
    let waiting = Waiting::default();
    let mut file = RowsFile::begin(waiting.clone(), &query.schema, options)?;
    let mut next = query.rows.next().await.transpose().map_err(Error::from)?;
    taker.take(Ok(Bytes::new())).await;
    while let Some(batch) = next {
        file.write(&batch)?;
        if let Some(bytes) = waiting.take(UI_FILE_BYTES_WAITING) {
            taker.take(Ok(bytes)).await;
        }
        next = query.rows.next().await.transpose().map_err(Error::from)?;
    }
    file.finish()?;
    if let Some(bytes) = waiting.take(1) {
        taker.take(Ok(bytes)).await;
    }
    Ok(())
}

impl Download {
    /// The answer: the file, or why there is none. What goes wrong later breaks the transfer, so that nobody takes a part for the
    /// whole.
    pub(crate) async fn response(mut self) -> Response<ResponseBody> {
        let first = match self.pieces.next().await {
            Some(Ok(first)) => first,
            Some(Err(failure)) => return failure.answer(),
            None => return Failure::defect().answer(),
        };
        let pieces = stream::iter([Ok(first)]).chain(self.pieces);
        let frames = pieces.map(|piece| match piece {
            Ok(bytes) => Ok(Frame::data(bytes)),
            Err(failure) => Err(failure.to_string().into()),
        });
        let mut response = Response::new(StreamBody::new(frames).boxed_unsync());
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        let place = format!("attachment; filename=\"floodmark.{}\"", self.name);
        if let Ok(place) = HeaderValue::from_str(&place) {
            headers.insert(header::CONTENT_DISPOSITION, place);
        }
        response
    }
}
