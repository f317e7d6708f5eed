import { dataElementId, type ReportData } from './data.ts';
import { createReport } from './report.ts';

const root = document.getElementById('report');
const data = document.getElementById(dataElementId)?.textContent;
if (root === null || data === undefined) throw new Error('the page has lost a part of itself');
createReport(root, JSON.parse(data) as ReportData);
