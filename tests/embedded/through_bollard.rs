//! bollard as the client: its types read what the engine writes.

use bollard::Docker;
use bollard::query_parameters::{
    EventsOptionsBuilder, ListContainersOptionsBuilder, LogsOptionsBuilder, StatsOptionsBuilder,
    StopContainerOptionsBuilder,
};
use bowline_embedded::Scenario;
use futures_util::StreamExt;

use super::support::{DEADLINE, serve};

#[tokio::test]
async fn the_demo_through_bollard() {
    let served = serve(Scenario::demo()).await;
    let path = served.path.display().to_string();
    let docker = Docker::connect_with_unix(&path, 20, bollard::API_DEFAULT_VERSION).expect("connects");
    assert!(docker.version().await.expect("version").components.is_some_and(|parts| parts[0].name.contains("bowline")));
    assert!(docker.info().await.expect("info").warnings.is_some_and(|warnings| !warnings.is_empty()));
    let every = ListContainersOptionsBuilder::default().all(true).build();
    let rows = docker.list_containers(Some(every)).await.expect("list");
    assert!(rows.len() >= 25, "{}", rows.len());
    for row in &rows {
        docker.inspect_container(row.id.as_deref().expect("an id"), None).await.expect("inspect reads");
    }
    let mut events = docker.events(Some(EventsOptionsBuilder::default().build()));
    let stop = StopContainerOptionsBuilder::default().t(5).build();
    let (told, stopped) = tokio::join!(tokio::time::timeout(DEADLINE, events.next()), async {
        // The first event is the stop's own, or an incident's; either will do.
        docker.stop_container("shop-web-1", Some(stop)).await
    });
    stopped.expect("stops");
    assert!(told.expect("in time").expect("one").expect("reads").action.is_some());
    let once = StatsOptionsBuilder::default().stream(false).one_shot(true).build();
    let stats = docker.stats("shop-api-1", Some(once)).next().await.expect("one").expect("reads");
    assert!(stats.cpu_stats.and_then(|cpu| cpu.cpu_usage).and_then(|usage| usage.total_usage).is_some_and(|ns| ns > 0));
    let tail = LogsOptionsBuilder::default().stdout(true).stderr(true).tail("40").build();
    let lines: Vec<_> = docker.logs("shop-api-1", Some(tail)).collect().await;
    assert_eq!(lines.iter().filter(|line| line.is_ok()).count(), 40);
    served.end().await;
}
