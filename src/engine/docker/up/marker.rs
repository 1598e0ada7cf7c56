//! The marker of a run that is under way: a volume with labels, the one thing that an engine keeps for us whatever becomes of
//! bowline.

use super::Up;
use crate::engine::docker::error::EngineError;
use crate::engine::docker::sessions;
use crate::engine::docker::sessions::ownership;
use crate::engine::docker::transport::Transport;
use crate::engine::stream::StreamEnd;
use crate::model::blueprint::{UNFINISHED_LABEL, VARIABLES_LABEL};
use bollard::models::VolumeCreateRequest;
use serde_json::json;

/// The name of a run's marker.
fn name_of(run: &str) -> String {
    format!("bowline-unfinished-{run}")
}

impl Up<'_> {
    /// Sets the marker, before anything else is made.
    pub(super) async fn mark(&mut self) -> Result<(), StreamEnd> {
        let mut labels = self.wanted.shared_labels();
        labels.insert(VARIABLES_LABEL.into(), self.wanted.variables.clone());
        let who = json!({ "process": ownership::own(), "name": self.wanted.name });
        labels.insert(UNFINISHED_LABEL.into(), who.to_string());
        let request = VolumeCreateRequest {
            name: Some(name_of(&self.wanted.run)),
            driver: Some("local".into()),
            labels: Some(labels.into_iter().collect()),
            ..VolumeCreateRequest::default()
        };
        let transport = self.transport.clone();
        let making = async move { transport.call(transport.docker().create_volume(request)).await };
        self.rollback.make(making).await.map(drop).map_err(|fault| self.fault(&fault))
    }
}

/// Takes a run's marker away.
pub async fn remove(transport: &Transport, run: &str) -> Result<(), EngineError> {
    match sessions::remove_volume(transport, &name_of(run)).await {
        Ok(()) | Err(EngineError::Status(404, _)) => Ok(()),
        Err(fault) => Err(fault),
    }
}
