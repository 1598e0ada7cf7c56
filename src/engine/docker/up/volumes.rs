//! Named volumes: made if they are missing.

use super::Up;
use super::stages::UpStage;
use crate::engine::docker::error::EngineError;
use crate::engine::docker::operations::volume::differences;
use crate::engine::path::segment;
use crate::engine::stream::StreamEnd;
use crate::model::NewVolume;
use crate::model::blueprint::{VolumeKind, VolumePart};
use bollard::models::VolumeCreateRequest;
use serde_json::Value;

/// The option in which drivers take a size.
const SIZE: &str = "size";

impl Up<'_> {
    /// Makes the volumes that are missing. One that is there with another driver or other options is refused.
    pub(super) async fn volumes(&mut self) -> Result<(), StreamEnd> {
        let named = |volume: &&VolumePart| volume.kind == VolumeKind::Volume && !volume.source.is_empty();
        let volumes: Vec<VolumePart> = self.wanted.blueprint.volumes.iter().filter(named).cloned().collect();
        self.begin(UpStage::Volumes, &format!("{} wanted", volumes.len())).await?;
        let mut fresh = 0;
        for volume in &volumes {
            fresh += usize::from(self.volume(volume).await?);
        }
        let words = format!("{fresh} made, {} were there", volumes.len() - fresh);
        self.done(UpStage::Volumes, &words).await
    }

    /// True if it was made.
    async fn volume(&mut self, volume: &VolumePart) -> Result<bool, StreamEnd> {
        // Raw: closed enums.
        match self.transport.json::<Value>(&format!("/volumes/{}", segment(&volume.source))).await {
            Ok(known) => self.same_volume(&known, volume).map(|()| false),
            Err(EngineError::Status(404, _)) => self.make_volume(volume).await.map(|()| true),
            Err(fault) => Err(self.fault(&fault)),
        }
    }

    fn same_volume(&self, known: &Value, volume: &VolumePart) -> Result<(), StreamEnd> {
        let options = volume.options.clone().into_iter().collect();
        let new = NewVolume { name: volume.source.clone(), options, ..NewVolume::default() };
        let differs = differences(known, &new, driver(volume));
        if differs.is_empty() {
            return Ok(());
        }
        let cause = format!("a volume named {} is there, with {}", volume.source, differs.join(", "));
        Err(self.problem(cause, "give the volume another name, or write in the blueprint what the volume has"))
    }

    async fn make_volume(&mut self, volume: &VolumePart) -> Result<(), StreamEnd> {
        let sized = volume.size.as_ref().map(|size| (SIZE.to_string(), size.bytes.to_string()));
        match self.ask_for(volume, sized.clone()).await {
            // The local driver has sizes on some file systems alone (moby, `quota size requested but no quota support`).
            Err(EngineError::Status(_, words)) if sized.is_some() && words.contains("quota") => {
                self.board.note(&format!("warning: the volume {} has no size: {words}", volume.source));
                self.ask_for(volume, None).await
            }
            done => done,
        }
        .map_err(|fault| self.fault(&fault))
    }

    async fn ask_for(&self, volume: &VolumePart, sized: Option<(String, String)>) -> Result<(), EngineError> {
        let request = VolumeCreateRequest {
            name: Some(volume.source.clone()),
            driver: Some(driver(volume).into()),
            driver_opts: Some(volume.options.clone().into_iter().chain(sized).collect()),
            labels: Some(self.wanted.shared_labels().into_iter().collect()),
            ..VolumeCreateRequest::default()
        };
        let transport = self.transport.clone();
        let making = async move { transport.call(transport.docker().create_volume(request)).await };
        self.rollback.make(making).await.map(drop)
    }
}

fn driver(volume: &VolumePart) -> &str {
    if volume.driver.is_empty() { "local" } else { &volume.driver }
}
