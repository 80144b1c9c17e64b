// Moments in the visitor's own zone and language; without this script they stand there in UTC.
for (const time of document.querySelectorAll("time[datetime]")) {
  const moment = new Date(time.dateTime);
  if (!Number.isNaN(moment.getTime())) {
    const hasClock = time.textContent.includes(":");
    const how = hasClock ? { dateStyle: "long", timeStyle: "short" } : { dateStyle: "long" };
    time.textContent = new Intl.DateTimeFormat(document.documentElement.lang, how).format(moment);
  }
}
