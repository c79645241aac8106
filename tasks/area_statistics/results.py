"""Write the results of a run: table, charts, pictures, animations, page."""

from pathlib import Path

from prefect import task

from models.area_pairs import Pairs
from models.area_report import AreaStatisticsReport, AreaSummary, ResultFiles
from models.area_results import AreaResult, Results, ResultState
from models.area_statistics_request import AreaStatisticsRequest
from stac.configuration import slug, unique_slugs
from tasks.area_statistics.animation import write_animation
from tasks.area_statistics.charts import comparison, time_series, value_range
from tasks.area_statistics.colors import OWN_SCALE
from tasks.area_statistics.frames import FrameDrawer
from tasks.area_statistics.page import write_page
from tasks.area_statistics.picture_store import PictureStore
from tasks.area_statistics.places import folder_of
from tasks.area_statistics.run import Measuring
from tasks.area_statistics.tables import rows_of, write_csv, write_parquet
from tasks.progress import say
from tasks.retries import UNCACHED


@task(name="write-table", task_run_name="write the table", **UNCACHED)
def write_table(results: Results, pairs: Pairs, request: AreaStatisticsRequest) -> ResultFiles:
    """Write one row for each pair, as CSV and as Parquet."""
    folder = folder_of(request).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    files = ResultFiles(csv=str(folder / "statistics.csv"), parquet=str(folder / "statistics.parquet"))
    write_csv(rows_of(results, pairs.way), Path(files.csv))
    write_parquet(Path(files.csv), Path(files.parquet))
    say(f"Table of {len(results):,} rows written: {files.csv}, {Path(files.parquet).name}")
    return files


@task(name="draw-charts", task_run_name="draw charts", **UNCACHED)
def draw_charts(results: Results, pairs: Pairs, files: ResultFiles, *, each_area: bool) -> ResultFiles:
    """Draw a time series for each area, if wanted, and bars that compare them."""
    index, limits = pairs.way.index.name, value_range(results)
    when = f"{pairs.periods[0].label} to {pairs.periods[-1].label}"
    charts = {}
    folders = _folders(pairs, files) if each_area else {}
    for name, of_area in results.by_area.items() if each_area else ():
        path = folders[name] / "time-series.png"
        path.write_bytes(time_series(of_area, index, limits))
        charts[name] = str(path)
    bars = Path(files.csv).with_name("comparison.png")
    bars.write_bytes(comparison(summaries_of(results), index, when))
    say(f"{len(charts)} time series and a comparison drawn")
    return files.model_copy(update={"charts": charts, "comparison": str(bars)})


@task(name="draw-animations", task_run_name="draw pictures and animations", **UNCACHED)
def draw_animations(results: Results, work: Measuring, files: ResultFiles, frame_milliseconds: int) -> ResultFiles:
    """Draw a picture for each pair, and an animation for each area that has imagery; nothing if none are wanted."""
    if work.pictures is None:
        return files
    pictures, animations = {}, {}
    folders = _folders(work.pairs, files)
    for name, of_area in results.by_area.items():
        folder = folders[name]
        frames = _draw_frames(of_area, work.pairs, work.pictures, folder)
        pictures[name] = [str(frame) for frame in frames]
        if any(result.state is ResultState.MEASURED for result in of_area):
            path = folder / "animation.gif"
            write_animation(frames, path, frame_milliseconds)
            animations[name] = str(path)
    say(f"{sum(map(len, pictures.values()))} pictures and {len(animations)} animations drawn")
    return files.model_copy(update={"pictures": pictures, "animations": animations})


@task(name="write-page", task_run_name="write the report", **UNCACHED)
def write_report_page(report: AreaStatisticsReport, results: Results, pairs: Pairs) -> AreaStatisticsReport:
    """Write the report as one HTML file, and name it in the report."""
    path = Path(report.files.csv).with_name("report.html")
    write_page(report, rows_of(results, pairs.way), pairs.way, path)
    say(f"Report written: {path}")
    return report.model_copy(update={"files": report.files.model_copy(update={"page": str(path)})})


def summaries_of(results: Results) -> list[AreaSummary]:
    """Return a summary for each area."""
    return [AreaSummary.of(name, of_area) for name, of_area in results.by_area.items()]


def _folders(pairs: Pairs, files: ResultFiles) -> dict[str, Path]:
    """Return a folder for each area by its name, made if need be."""
    names = [area.name for area in pairs.areas]
    root = Path(files.csv).parent / "areas"
    folders = {name: root / folder for name, folder in zip(names, unique_slugs(names), strict=True)}
    for folder in folders.values():
        folder.mkdir(parents=True, exist_ok=True)
    return folders


def _draw_frames(results: list[AreaResult], pairs: Pairs, pictures: PictureStore, folder: Path) -> list[Path]:
    """Draw the frames of one area; return their paths in the order of time."""
    way = pairs.way
    place = next(pairs.place_of(area) for area in pairs.areas if area.name == results[0].area)
    drawer = FrameDrawer(results[0].area, way.index.name, pictures.colors, has_scale=way.provider not in OWN_SCALE)
    frames = []
    for result in results:
        picture = pictures.read(place, result.source)
        frame = folder / f"{slug(result.period.label)}.png"
        drawer.draw(result, picture).save(frame, optimize=True)
        frames.append(frame)
    return frames
